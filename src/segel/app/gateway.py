"""x"""

from segel.app import serving
from segel.app.signals import stop_asked


def prepare(place):
    async def run():
        await serving.serve(
            {"metrics": serving.metrics}, place.sockets, stop_asked(), stop_timeout_s=5
        )

    return run
