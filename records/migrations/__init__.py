"""How the layout came to be: Tortoise's own migrations, and SQL where a model cannot say it."""
