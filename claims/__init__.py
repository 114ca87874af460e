"""The law: who holds a customer and who earns the deal, decided by cited clause."""
