"""Mail domains that organizations send from: their keys, and the DNS records that prove them."""
