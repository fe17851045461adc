-- What erp.db holds: sqlite3 erp.db < erp.sql
CREATE TABLE products (id INTEGER PRIMARY KEY, number TEXT, title TEXT, description TEXT, maker TEXT, page TEXT);
CREATE TABLE variants (
  product INTEGER REFERENCES products, sku TEXT PRIMARY KEY, size TEXT, ean TEXT, price TEXT, images TEXT,
  changed TEXT, deleted TEXT
);
INSERT INTO products VALUES
  (1, 'BRACE', 'Knee brace', 'Supports everyday movement.', 'Northwind Health', 'https://shop.example.com/knee-brace'),
  (2, 'THERM', 'Thermometer', 'Reads in ten seconds.', 'Northwind Health', 'https://shop.example.com/thermometer'),
  (3, 'WRAP', 'Cold wrap', 'Cools for an hour.', 'Tailspin', 'https://shop.example.com/cold-wrap');
INSERT INTO variants VALUES
  (1, 'BRACE-M', 'M', '4006381333931', '34.90', '["https://images.example.com/brace-m.jpg"]', '2026-05-04 08:00:00', NULL),
  (1, 'BRACE-L', 'L', '4006381333948', '36.90', '["https://images.example.com/brace-l.jpg"]', '2026-05-04 08:00:00', NULL),
  (2, 'THERM-1', NULL, '5012345678900', '19.50', '["https://images.example.com/therm.jpg", "https://images.example.com/therm-box.jpg"]', '2026-05-11 12:30:00', NULL),
  (3, 'WRAP-1', NULL, '96385074', '12.00', '["https://images.example.com/wrap.jpg"]', '2026-05-12 09:15:00', NULL),
  (3, 'WRAP-0', NULL, NULL, '11.00', NULL, '2026-05-12 09:20:00', '2026-05-12 09:20:00');
