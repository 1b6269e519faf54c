"""The demonstration's own content: slides, speech, text and people. All of it is made up and made here."""
