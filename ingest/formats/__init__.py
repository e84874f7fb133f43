"""What readers are made of: structure, archives, XML, and the parts of the larger formats.

A module that one format alone needs begins with its name (`epub_`, `html_`, `pdf_` ...).
"""
