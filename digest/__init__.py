"""digest: one validated item becomes feeds, pages and an e-mail digest that misses no one."""
