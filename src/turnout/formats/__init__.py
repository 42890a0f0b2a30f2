"""What people print and keep: PDFs, QR codes and calendar files. Knows no noun and no database."""
