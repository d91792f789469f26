"""The words of a document in the languages that it can be in."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Every word that is not data.

    `page` is filled in with `{page}` and `{pages}`, `amounts_in` with `{currency}`, `payable_by` with `{date}`.
    """

    invoice: str
    credit_note: str
    issue_date: str
    due_date: str
    delivery_date: str
    customer: str
    order_reference: str
    buyer_reference: str
    credits_invoice: str
    of_date: str
    bill_to: str
    ship_to: str
    vat_id: str
    tax_id: str
    legal_id: str
    line: str
    item: str
    quantity: str
    unit_price: str
    tax: str
    net: str
    taxable: str
    total_net: str
    total_tax: str
    total: str
    payment: str
    terms: str
    payable_by: str
    amounts_in: str
    page: str


LABELS: Mapping[str, Labels] = {
    "en": Labels(
        invoice="Invoice",
        credit_note="Credit note",
        issue_date="Date",
        due_date="Due date",
        delivery_date="Delivery date",
        customer="Customer",
        order_reference="Your order",
        buyer_reference="Your reference",
        credits_invoice="Credits invoice",
        of_date="of",
        bill_to="Bill to",
        ship_to="Deliver to",
        vat_id="VAT ID",
        tax_id="Tax number",
        legal_id="Company number",
        line="No.",
        item="Item",
        quantity="Quantity",
        unit_price="Unit price",
        tax="VAT",
        net="Net",
        taxable="Taxable amount",
        total_net="Total without VAT",
        total_tax="Total VAT",
        total="Total",
        payment="Payment",
        terms="Terms",
        payable_by="Payable by {date}, without deduction",
        amounts_in="All amounts in {currency}",
        page="Page {page} of {pages}",
    ),
    "de": Labels(
        invoice="Rechnung",
        credit_note="Gutschrift (Rechnungskorrektur)",
        issue_date="Datum",
        due_date="Fällig am",
        delivery_date="Lieferdatum",
        customer="Kunde",
        order_reference="Ihre Bestellung",
        buyer_reference="Ihr Zeichen",
        credits_invoice="Zu Rechnung",
        of_date="vom",
        bill_to="Rechnung an",
        ship_to="Lieferung an",
        vat_id="USt-IdNr.",
        tax_id="Steuernummer",
        legal_id="Handelsregister",
        line="Pos.",
        item="Artikel",
        quantity="Menge",
        unit_price="Einzelpreis",
        tax="USt.",
        net="Netto",
        taxable="Nettobetrag",
        total_net="Summe netto",
        total_tax="Summe Umsatzsteuer",
        total="Gesamtbetrag",
        payment="Zahlung",
        terms="Bedingungen",
        payable_by="Zahlbar bis {date} ohne Abzug",
        amounts_in="Alle Beträge in {currency}",
        page="Seite {page} von {pages}",
    ),
    "fr": Labels(
        invoice="Facture",
        credit_note="Avoir",
        issue_date="Date",
        due_date="Échéance",
        delivery_date="Date de livraison",
        customer="Client",
        order_reference="Votre commande",
        buyer_reference="Votre référence",
        credits_invoice="Avoir sur facture",
        of_date="du",
        bill_to="Facturé à",
        ship_to="Livré à",
        vat_id="N° TVA",
        tax_id="N° fiscal",
        legal_id="N° d’immatriculation",
        line="N°",
        item="Article",
        quantity="Quantité",
        unit_price="Prix unitaire",
        tax="TVA",
        net="Montant HT",
        taxable="Base HT",
        total_net="Total HT",
        total_tax="Total TVA",
        total="Total TTC",
        payment="Paiement",
        terms="Conditions",
        payable_by="Payable au plus tard le {date}, sans escompte",
        amounts_in="Montants en {currency}",
        page="Page {page} sur {pages}",
    ),
    "es": Labels(
        invoice="Factura",
        credit_note="Factura rectificativa",
        issue_date="Fecha",
        due_date="Vencimiento",
        delivery_date="Fecha de entrega",
        customer="Cliente",
        order_reference="Su pedido",
        buyer_reference="Su referencia",
        credits_invoice="Rectifica la factura",
        of_date="del",
        bill_to="Facturar a",
        ship_to="Entregar a",
        vat_id="NIF-IVA",
        tax_id="NIF",
        legal_id="Registro mercantil",
        line="N.º",
        item="Artículo",
        quantity="Cantidad",
        unit_price="Precio unitario",
        tax="IVA",
        net="Importe",
        taxable="Base imponible",
        total_net="Total sin IVA",
        total_tax="Total IVA",
        total="Total",
        payment="Pago",
        terms="Condiciones",
        payable_by="Pagadero hasta el {date}, sin descuento",
        amounts_in="Importes en {currency}",
        page="Página {page} de {pages}",
    ),
    "nl": Labels(
        invoice="Factuur",
        credit_note="Creditnota",
        issue_date="Datum",
        due_date="Vervaldatum",
        delivery_date="Leverdatum",
        customer="Klant",
        order_reference="Uw bestelling",
        buyer_reference="Uw referentie",
        credits_invoice="Credit op factuur",
        of_date="van",
        bill_to="Factuur aan",
        ship_to="Levering aan",
        vat_id="Btw-nummer",
        tax_id="Fiscaal nummer",
        legal_id="KvK-nummer",
        line="Nr.",
        item="Artikel",
        quantity="Aantal",
        unit_price="Prijs per stuk",
        tax="Btw",
        net="Bedrag",
        taxable="Maatstaf",
        total_net="Totaal excl. btw",
        total_tax="Totaal btw",
        total="Totaal",
        payment="Betaling",
        terms="Voorwaarden",
        payable_by="Te betalen uiterlijk op {date}, zonder korting",
        amounts_in="Alle bedragen in {currency}",
        page="Pagina {page} van {pages}",
    ),
    "it": Labels(
        invoice="Fattura",
        credit_note="Nota di credito",
        issue_date="Data",
        due_date="Scadenza",
        delivery_date="Data di consegna",
        customer="Cliente",
        order_reference="Vostro ordine",
        buyer_reference="Vostro riferimento",
        credits_invoice="A storno della fattura",
        of_date="del",
        bill_to="Fatturare a",
        ship_to="Consegnare a",
        vat_id="Partita IVA",
        tax_id="Codice fiscale",
        legal_id="Registro imprese",
        line="N.",
        item="Articolo",
        quantity="Quantità",
        unit_price="Prezzo unitario",
        tax="IVA",
        net="Importo",
        taxable="Imponibile",
        total_net="Totale imponibile",
        total_tax="Totale IVA",
        total="Totale",
        payment="Pagamento",
        terms="Condizioni",
        payable_by="Pagamento entro il {date}, senza sconto",
        amounts_in="Importi in {currency}",
        page="Pagina {page} di {pages}",
    ),
}
