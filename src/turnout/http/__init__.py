"""The transport kit: what every API and page needs of HTTP, without any noun of the product."""
