# The gateway with the shop as its project. To run another project, mount its folder:
#   docker run -p 127.0.0.1:4000:4000 -v "$PWD:/project" -w /project millrace
# A supported line of Node on a named release of Debian: rebuilding brings fixes, and neither changes by itself.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# The client library and the pages are workspaces, so the lock file names them.
COPY clients/ts/package.json ./clients/ts/
COPY clients/web/package.json ./clients/web/
# Without scripts: every dependency carries its binaries, and `prepare` would build before the source is copied.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json tsconfig.client.json ./
COPY src ./src
# The command line is a client too, and the pages are built here.
COPY clients/ts ./clients/ts
COPY clients/web ./clients/web
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 ADMIN_PORT=9464 DATA_DIR=/data
WORKDIR /app
RUN mkdir /data && chown node:node /data
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE millrace.config.ts ./
COPY schema ./schema
# The shop's code runs from its source, as a project's code does.
COPY src/shop ./src/shop
USER node
VOLUME /data
# 9464 is for operators. Publish 4000 only.
EXPOSE 4000 9464
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=5 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.ADMIN_PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["start"]
