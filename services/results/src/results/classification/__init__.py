"""Pure rules of a health check: class I–V by QĐ 1613, input checks, follow-ups and the listed occupational diseases."""
