"""The edge for every outside party: who may say what, receipts, clinic feeds, and views per purpose."""
