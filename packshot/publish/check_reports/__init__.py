"""A check as a person, a program, a build server or a browser reads it: terminal, JSON, JUnit XML, HTML."""
