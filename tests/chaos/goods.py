"""What is sold in a run of chaos: as a catalogue, and what of it there is enough of."""

PLENTY = tuple(f"CHAOS-PLENTY-{n}" for n in range(12))
SCARCE = tuple(f"CHAOS-SCARCE-{n}" for n in range(6))  # soon sold out, and then only what is cancelled comes free
AWAITED = tuple(f"CHAOS-AWAITED-{n}" for n in range(4))  # comes in small deliveries
CATALOGUE = "\n".join(
    [
        "sku,name,unit_price,currency,tax_rate,on_hand",
        *(f"{sku},There is enough of it,1.65,GBP,0.2,100000000" for sku in PLENTY),
        *(f"{sku},There is never enough of it,9.99,GBP,0.05,100" for sku in SCARCE),
        *(f"{sku},It comes in small deliveries,0.335,GBP,0,10" for sku in AWAITED),
        "",
    ]
)
