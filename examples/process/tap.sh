#!/bin/sh
# A tap in a few lines: it writes products.tsv as messages of Singer, and of a product that is
# in it twice the last row counts. The first column numbers the changes: the last number is
# its state, and with a state it writes only what came after it.
#
#   sh tap.sh [--state FILE]
at=0
if [ "$1" = --state ]; then
  at=$(sed 's/[^0-9]//g' "$2")
fi
echo '{"type": "SCHEMA", "stream": "products", "schema": {"type": "object"}, "key_properties": ["sku"]}'
awk -F '\t' -v at="$at" '
  $1 > at {
    gone = $10 == "" ? "null" : "\"" $10 "\""
    printf "{\"type\": \"RECORD\", \"stream\": \"products\", \"record\": {\"sku\": \"%s\", \"parent\": \"%s\", ", $2, $3
    printf "\"name\": \"%s\", \"text\": \"%s\", \"options\": {\"size\": \"%s\"}, \"price\": %s, ", $4, $5, $6, $7
    printf "\"image\": \"%s\", \"ean\": \"%s\", \"_sdc_deleted_at\": %s}}\n", $8, $9, gone
    at = $1
  }
  END { printf "{\"type\": \"STATE\", \"value\": {\"at\": %d}}\n", at }
' products.tsv
echo "wrote the changes after $at" >&2
