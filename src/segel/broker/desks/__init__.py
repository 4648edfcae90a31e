"""The broker's desks: one for each area of its messages (``segel.broker.messages``)."""
