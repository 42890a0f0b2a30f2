"""Files that people bring: which column is what, and each row as values by name.

`headings` knows what columns are called in four languages and in the exports of other programs,
`layout` matches the heading of a file against what an import knows, `records` reads the rows.
Each noun decides itself what a row is to it.
"""
