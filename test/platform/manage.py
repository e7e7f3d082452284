#!/usr/bin/python3
"""The platform of the tests: a small NoCode backend in Django."""
import os
import sys

# The tests share one checkout, and nothing may be left in it.
sys.dont_write_bytecode = True

if __name__ == '__main__':
    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
