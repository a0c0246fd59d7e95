"""Where a shop's interactions lie in the warehouse."""

from yard.tables import Complete, Table

INTERACTIONS = Table(
    name="shop.interactions",
    time="occurred_at",
    columns={"user_id": "varchar(256)", "item_id": "varchar(256)", "occurred_at": "timestamp"},
    complete=(Complete("shop.partitions", days=7),),
)
