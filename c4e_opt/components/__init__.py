"""One room per kind of component: its data, its check, its variables and laws."""
