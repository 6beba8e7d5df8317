"""The bundled shop: an invented general store whose truth is known, simulated for a year.

    from goeswith.simulate.shop import Config, simulate

    simulate(Config(seed=7)).write(folder)      # items.csv, purchases.parquet, impressions.parquet

Customers do activities, activities need kinds of products, and a kind is completed, refilled or replaced by others.
Titles are hand-written and frozen in catalogue.csv; what is true about them in world.json. No stage may read that.
"""
