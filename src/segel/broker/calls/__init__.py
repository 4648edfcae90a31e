"""What the broker is asked, by area: small classes over ``BrokerClient.call``."""
