"""Laws that bind several components at once: budgets, reserves, islanding, who may run when; a file per kind."""
