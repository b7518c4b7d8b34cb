#!/usr/bin/env bash
# npm gives a dependency's dependency the *project's* copy of their common peer, not the copy of the package that asked for it.
# A library has graphql 16 and graphql-ws in its dependencies; graphql-ws has graphql as a peer, 15 to 17. In a project with
# graphql 17, npm 11 puts graphql-ws at the top beside 17, and 16 beneath the library: each range is satisfied, npm says nothing, and
# the library's graphql-ws works with another graphql than the library, which cannot pass it a schema. Without 17 in the project
# both are one copy, so the library's own tests never see it.
# What Millrace does: it takes only messages and constants from graphql-ws; test/cli/graphql-17.test.ts installs it so.
#
# Seen with npm 11.19, graphql-ws 6.4.2, graphql 16.15.0 and 17.1.0 on Node 20.20:
#   project without graphql: library 16.15.0, its graphql-ws 16.15.0
#   project with graphql 17: library 16.15.0, its graphql-ws 17.1.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir library
cat > library/package.json <<'JSON'
{ "name": "library", "version": "1.0.0", "dependencies": { "graphql": "16.15.0", "graphql-ws": "6.4.2" } }
JSON
cat > library/index.js <<'JS'
const { createRequire } = require('node:module');
exports.own = require('graphql').version;
exports.ofDependency = createRequire(require.resolve('graphql-ws'))('graphql').version;
JS
npm pack --silent ./library > /dev/null
installed() {
  mkdir "$1"
  cd "$1"
  npm init -y > /dev/null
  npm install --silent --no-audit --no-fund ../library-1.0.0.tgz ${2:-}
  node -p "const { own, ofDependency } = require('library'); \`library \${own}, its graphql-ws \${ofDependency}\`"
  cd ..
}
seen="project without graphql: $(installed without)
project with graphql 17: $(installed with graphql@17.1.0)"
echo "$seen"
[ "$seen" = 'project without graphql: library 16.15.0, its graphql-ws 16.15.0
project with graphql 17: library 16.15.0, its graphql-ws 17.1.0' ]
