package database

import (
	"cmp"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/internal/fault"
	"github.com/skubridge/skubridge/internal/secret"
)

// Mode says what the rows of a read from the start mean.
type Mode string

// The modes.
const (
	Full  Mode = "full"  // they are all there are: what they lack is missing
	Delta Mode = "delta" // they are what changed; nothing is ever missing from them
)

// Driver is a kind of database.
type Driver string

// The drivers.
const (
	Postgres  Driver = "postgres"
	MySQL     Driver = "mysql"
	SQLServer Driver = "sqlserver"
	SQLite    Driver = "sqlite"
)

// Options are the settings of a source of type database.
type Options struct {
	Driver  Driver        `yaml:"driver" jsonschema:"required,enum=postgres,enum=mysql,enum=sqlserver,enum=sqlite" jsonschema_description:"The kind of database; mysql includes MariaDB."`
	DSN     secret.Value  `yaml:"dsn" jsonschema:"required" jsonschema_description:"The address of the database, with user and password: postgres://user:password@host/db, user:password@tcp(host:3306)/db for mysql, sqlserver://user:password@host?database=db, the path of the file for sqlite. Use a user who may only read."`
	Query   string        `yaml:"query" jsonschema:"required" jsonschema_description:"The query. Whatever is in [[ ]] with {since} is left out of a full read: SELECT … [[ WHERE updated_at >= {since} ]]."`
	Cursor  mapped.Cursor `yaml:"cursor" jsonschema_description:"The column by which changes are read; needs {since} in the query. Unless set, everything is read each time."`
	Mode    Mode          `yaml:"mode" jsonschema:"enum=full,enum=delta" jsonschema_description:"Whether a full read of the query has every product, or only changes."`
	Deleted mapped.Gone   `yaml:"deleted" jsonschema_description:"How rows mark a deleted product."`
	JSON    []string      `yaml:"json" jsonschema_description:"Columns that hold JSON, if the database does not say so (SQLite, MariaDB, SQL Server): their members become cells, such as attributes.color."`

	mapped.Options `yaml:",inline"`

	Timezone  string          `yaml:"timezone" jsonschema_description:"The time zone of times that have none, such as Europe/Berlin; UTC unless set."`
	Isolation Isolation       `yaml:"isolation" jsonschema:"enum=snapshot,enum=committed" jsonschema_description:"Only for sqlserver: snapshot sees one moment and has to be allowed in the database; committed may see a row twice or not at all while others write."`
	Timeout   time.Duration   `yaml:"timeout" jsonschema_description:"How long connecting, the query and reading all its rows may take together."`
	MaxRow    int             `yaml:"max_row" jsonschema_description:"The longest row in bytes; a longer one is a problem."`
	Complete  mapped.Complete `yaml:"complete" jsonschema_description:"How many rows a complete read has. With any other number nothing goes missing."`
}

// Isolation is what a query sees of the writing of others.
type Isolation string

// The isolations of SQL Server.
const (
	Snapshot  Isolation = "snapshot"
	Committed Isolation = "committed"
)

// Default are the options of a database of which nothing was said but where it is and
// what is asked.
func Default() Options {
	return Options{
		Cursor: mapped.Cursor{Type: mapped.Time}, Mode: Full, Options: mapped.Default(), Isolation: Snapshot,
		Timeout: 30 * time.Minute, MaxRow: 16 << 20, Complete: mapped.Complete{MinRows: 1},
	}
}

// Validate gives all that is wrong with the options.
func (o Options) Validate() error {
	faults := append(o.Faults(), o.Deleted.Faults("deleted")...)
	add := func(key, message, hint string) { faults = append(faults, fault.At(key, "%s", message).Hinting(hint)) }
	if o.DSN.IsZero() {
		add("dsn", "missing", "write it as "+o.Driver.form())
	}
	if _, err := o.dialect(""); err != nil && !o.DSN.IsZero() {
		faults = append(faults, err)
	}
	if q, err := parseQuery(o.Query); err != nil {
		faults = append(faults, err)
	} else if err := q.fits(o.Cursor); err != nil {
		faults = append(faults, err)
	}
	if _, err := o.Cursor.Back(); err != nil {
		faults = append(faults, err)
	}
	if _, err := o.zone(); err != nil {
		faults = append(faults, err)
	}
	if o.Timeout <= 0 {
		add("timeout", "must be more than 0", "write it as 30m")
	}
	if o.MaxRow < 1 {
		add("max_row", "has to be at least one byte", "leave it out for 16 MiB")
	}
	return errors.Join(append(faults, o.Complete.Faults("complete")...)...)
}

// form shows how a DSN is written.
func (d Driver) form() string {
	switch d {
	case Postgres:
		return "postgres://user:password@host/database"
	case MySQL:
		return "user:password@tcp(host:3306)/database"
	case SQLServer:
		return "sqlserver://user:password@host?database=name"
	case SQLite:
	}
	return "path/to/file.db"
}

// dialect makes what speaks to the database. The path of a file starts at dir.
func (o Options) dialect(dir string) (dialect, error) {
	dsn := o.DSN.Reveal()
	switch o.Driver {
	case Postgres:
		return newPostgres(dsn)
	case MySQL:
		return newMySQL(dsn)
	case SQLServer:
		return newSQLServer(dsn)
	case SQLite:
		return newSQLite(dsn, dir)
	}
	return nil, fault.At("driver", "%s", cmp.Or(string(o.Driver)+" is not known", "missing")).Hinting("postgres, mysql, sqlserver or sqlite")
}

// zone is that of times without one.
func (o Options) zone() (*time.Location, error) {
	zone, err := time.LoadLocation(cmp.Or(o.Timezone, "UTC"))
	if err != nil || strings.EqualFold(o.Timezone, "local") {
		return nil, fault.At("timezone", "%q is not known", o.Timezone).Hinting("write it as Europe/Berlin")
	}
	return zone, nil
}

// unreadable says that a DSN is none, without a word of it: it may hold the password anywhere.
func (d Driver) unreadable() error {
	return fault.At("dsn", "cannot be read as an address of %s", d).
		Hinting("write it as " + d.form() + "; in an address, percent-encode characters of the password other than letters and digits")
}

// absolute is a path that starts at dir.
func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
