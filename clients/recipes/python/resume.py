"""Follows placed orders with gql 4 and loses none: python resume.py ws://localhost:4000/graphql"""

import asyncio
import random
import sys

from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportConnectionFailed, TransportQueryError
from gql.transport.websockets import WebsocketsTransport

# By default 1 MiB. A larger result closes the connection, and is the first one again when it resumes.
MAX_RESULT_BYTES = 16 << 20
ORDERS = "subscription { ordersPlaced { orderId } }"


async def follow(url, handle):
    extensions = {"startCursor": True}
    while True:
        transport = WebsocketsTransport(
            url=url,
            subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
            connect_args={"max_size": MAX_RESULT_BYTES},
        )
        try:
            async with Client(transport=transport):
                # Not `session.subscribe`: it raises at a result with errors, and hides one without data.
                request = GraphQLRequest(ORDERS, extensions=extensions)
                async for result in transport.subscribe(request):
                    handle(result)
                    extensions["after"] = result.extensions["cursor"]
                return  # The server completed the subscription.
        except TransportQueryError as error:
            if not error.errors[0]["extensions"]["retry"]:
                raise
        except (TransportConnectionFailed, TimeoutError):
            pass
        await asyncio.sleep(random.uniform(0.5, 2))


def show(result):
    if result.data:
        print("order", result.data["ordersPlaced"]["orderId"], flush=True)
    else:
        print("started" if result.extensions.get("start") else result.errors, flush=True)


asyncio.run(follow(sys.argv[1], show))
