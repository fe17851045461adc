package database_test

import (
	"testing"

	"github.com/skubridge/skubridge/connectors/source/database"
)

// BenchmarkRead reads and hashes 100,000 rows, as a run without changes does.
func BenchmarkRead(b *testing.B) {
	const rows = 100_000
	for _, driver := range []database.Driver{database.SQLite, database.Postgres, database.MySQL} {
		b.Run(string(driver), func(b *testing.B) {
			s := start(b, driver)
			s.exec(b, "CREATE TABLE items (sku VARCHAR(40), name VARCHAR(200), price DECIMAL(12,4), changed "+s.dialects("DATETIME", "timestamp", "datetime")+")",
				"INSERT INTO items WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999), m(j) AS (SELECT 0 UNION ALL SELECT j + 1 FROM m WHERE j < 99) "+
					"SELECT i * 100 + j, 'A brace that supports everyday movement', 12.5, '2026-05-04 08:00:00' FROM n, m")
			src := open(b, s.reading("SELECT * FROM items", fields("sku", "name", "price")))
			var content []byte
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				for rec, err := range src.Read(b.Context(), "") {
					if err != nil {
						b.Fatal(err)
					}
					content = rec.Raw.AppendContent(content[:0])
					n++
				}
				if n != rows {
					b.Fatalf("%d rows", n)
				}
			}
			b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
