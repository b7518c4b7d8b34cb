#!/usr/bin/env bash
# In Python's gql, `session.subscribe(…, get_execution_result=True)` says that it yields whole results, with `errors` and `extensions`. A
# result that has errors beside its data is raised as an exception instead. That ends the generator and unsubscribes on the server, so
# one event with an error in a nullable field ends the subscription. And a result whose data is null is passed over without a word.
# What it means for Millrace: the recipe for gql (docs/recipes.md) reads the transport's results; a subscription's first result, which says
# where it starts, has no data.
#
# Seen with gql 4.4.0 and websockets 15.0.1 on Python 3.11, of the results 1 (data), 2 (null), 3 (data and an error), 4 (data):
#   the session: 1, then TransportQueryError, unsubscribed; the transport: 1 2 3 4
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check gql==4.4.0 websockets==15.0.1
cat > run.py <<'PY'
import asyncio
import json

from gql import Client, GraphQLRequest
from gql.transport.websockets import WebsocketsTransport
from websockets.asyncio.server import serve

RESULTS = [
    {"data": {"n": 1}, "extensions": {"n": 1}},
    {"data": None, "extensions": {"n": 2}},
    {"data": {"n": None}, "errors": [{"message": "no n", "path": ["n"]}], "extensions": {"n": 3}},
    {"data": {"n": 4}, "extensions": {"n": 4}},
]


async def answer(socket, heard):
    async for text in socket:
        message = json.loads(text)
        heard.append(message["type"])
        if message["type"] == "connection_init":
            await socket.send(json.dumps({"type": "connection_ack"}))
        elif message["type"] == "subscribe":
            for payload in RESULTS:
                await socket.send(json.dumps({"type": "next", "id": message["id"], "payload": payload}))


async def tried(subscribe):
    heard = []
    async with serve(lambda socket: answer(socket, heard), "127.0.0.1", 0, subprotocols=["graphql-transport-ws"]) as server:
        port = server.sockets[0].getsockname()[1]
        seen = []
        async with Client(transport=WebsocketsTransport(url=f"ws://127.0.0.1:{port}")) as session:
            try:
                async for result in subscribe(session):
                    seen.append(str(result.extensions["n"]))
                    if seen[-1] == "4":
                        return " ".join(seen)
            except Exception as error:
                await asyncio.sleep(0.2)
                left = "unsubscribed" if "complete" in heard else "still subscribed"
                return f"{' '.join(seen)}, then {type(error).__name__}, {left}"


async def main():
    request = GraphQLRequest("subscription { n }")
    of_session = await tried(lambda session: session.subscribe(request, get_execution_result=True))
    of_transport = await tried(lambda session: session.transport.subscribe(request))
    print(f"the session: {of_session}; the transport: {of_transport}")


asyncio.run(main())
PY
seen=$(timeout 60 venv/bin/python run.py)
echo "$seen"
[ "$seen" = 'the session: 1, then TransportQueryError, unsubscribed; the transport: 1 2 3 4' ]
