# SPDX-License-Identifier: Apache-2.0
"""Marks of tests: which properties of config.json they prove. tests/architecture/check_coverage.py collects them.

    @accepts("/process/rlimits/*/{type,soft,hard}")    the test observes the effect inside the container
    @rejects("/process/cwd")                           the test sees a wrong value refused

A pointer is written as in tests/coverage/properties.toml, braces abbreviate. A mark says a truth: a container that
merely starts accepts nothing.
"""


def accepts(*pointers):
    return _mark("accepts", pointers)


def rejects(*pointers):
    return _mark("rejects", pointers)


def _mark(word, pointers):
    def mark(test):
        setattr(test, word, (*getattr(test, word, ()), *pointers))
        return test

    return mark
