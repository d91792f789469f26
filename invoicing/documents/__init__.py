"""Invoices and credit notes as people and machines read them: PDF, HTML, UBL and CII."""
