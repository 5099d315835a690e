"""How much one person may ask. Generous: it stops loops gone wild, not people with large libraries."""

from rest_framework.throttling import UserRateThrottle


class PerPerson(UserRateThrottle):
    scope = "api"
    rate = "1200/min"


class Listening(UserRateThrottle):
    """For what is heard while the client waits, and so takes processor time from everybody at once."""

    scope = "listening"
    rate = "30/min"
