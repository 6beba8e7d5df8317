"""goeswith: what goes with what.

import goeswith

shop = goeswith.open("examples/online_retail")
shop.recommend(item="22423", k=5)
shop.extract(["RED RETROSPOT TEACUP"])
shop.graph.neighbours("teapot")
"""

from goeswith.errors import GoeswithError
from goeswith.shop import Shop, open

__version__ = "0.1.0"
__all__ = ["GoeswithError", "Shop", "__version__", "open"]
