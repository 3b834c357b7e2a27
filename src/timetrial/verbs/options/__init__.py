"""What verbs take: one frozen record a verb, from which its command line is derived."""
