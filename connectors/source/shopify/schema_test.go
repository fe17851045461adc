package shopify_test

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/skubridge/skubridge/connectors/source/shopify"
)

// contracts is where the published schema of the API is, which is not ours to hand on.
const contracts = "../../../../shared/contracts/sources"

// TestDocumentsAreOfTheSchema holds every document that is sent, for all that the options
// can choose, against the published schema of the version that is the default.
func TestDocumentsAreOfTheSchema(t *testing.T) {
	t.Parallel()
	schema := published(t)
	plain := shopify.Default()
	full := shopify.Default()
	full.Metafields = []string{"custom.intended_use", "product.custom.other", "variant.custom.material", "$app:x.y"}
	full.Country, full.Countries = "DE", []string{"GB", "US"}
	bare := shopify.Default()
	bare.Inventory = false
	for _, options := range []shopify.Options{plain, full, bare} {
		for name, text := range shopify.Documents(options) {
			document, err := parser.ParseQuery(&ast.Source{Name: name, Input: text})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			for _, err := range validator.ValidateWithRules(schema, document, rules.NewDefaultRules()) {
				t.Errorf("%s: %v\n%s", name, err, text)
			}
			deprecated(t, name, document)
		}
	}
	// The test itself would notice.
	document, err := parser.ParseQuery(&ast.Source{Input: "{ products(first: 1) { nodes { colour } } }"})
	if err != nil || len(validator.ValidateWithRules(schema, document, rules.NewDefaultRules())) == 0 {
		t.Error("a field that is not there passes")
	}
}

// deprecated names fields that will go away, of which there is one.
func deprecated(t *testing.T, name string, document *ast.QueryDocument) {
	t.Helper()
	var walk func(set ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.InlineFragment:
				walk(s.SelectionSet)
			case *ast.Field:
				if s.Definition != nil && s.Definition.Directives.ForName("deprecated") != nil && s.Name != "image" {
					t.Errorf("%s: %s.%s is deprecated", name, s.ObjectDefinition.Name, s.Name)
				}
				walk(s.SelectionSet)
			}
		}
	}
	for _, o := range document.Operations {
		walk(o.SelectionSet)
	}
}

// typeRef is a type as an introspection names it.
type typeRef struct {
	Kind   string
	Name   string
	OfType *typeRef
}

func (r *typeRef) ast() *ast.Type {
	switch r.Kind {
	case "NON_NULL":
		t := r.OfType.ast()
		t.NonNull = true
		return t
	case "LIST":
		return ast.ListType(r.OfType.ast(), nil)
	}
	return ast.NamedType(r.Name, nil)
}

type input struct {
	Name         string
	Type         typeRef
	DefaultValue *string
}

// published reads the schema, or skips the test.
func published(t *testing.T) *ast.Schema {
	t.Helper()
	path := filepath.Join(contracts, "shopify-admin-"+shopify.DefaultVersion+".introspection.json.gz")
	f, err := os.Open(path)
	if err != nil {
		t.Skipf("the published schema of the API is not here (%s), so no document was held against it", path)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	type introspection struct {
		Schema struct {
			QueryType, MutationType struct{ Name string }
			Types                   []struct {
				Kind, Name    string
				InputFields   []input
				Interfaces    []typeRef
				PossibleTypes []typeRef
				EnumValues    []struct{ Name string }
				Fields        []struct {
					Name         string
					Args         []input
					Type         typeRef
					IsDeprecated bool
				}
			}
		} `json:"__schema"`
	}
	var file struct {
		introspection
		Data introspection
	}
	if err := json.NewDecoder(z).Decode(&file); err != nil {
		t.Fatal(err)
	}
	in := file.Schema
	if len(in.Types) == 0 {
		in = file.Data.Schema
	}
	doc := &ast.SchemaDocument{}
	position := &ast.Position{Src: &ast.Source{Name: "schema"}}
	arguments := func(all []input) (out ast.ArgumentDefinitionList) {
		for _, a := range all {
			d := &ast.ArgumentDefinition{Name: a.Name, Type: a.Type.ast(), Position: position}
			if a.DefaultValue != nil {
				d.DefaultValue = &ast.Value{Raw: *a.DefaultValue, Kind: ast.StringValue, Position: position}
			}
			out = append(out, d)
		}
		return out
	}
	for _, typ := range in.Types {
		if strings.HasPrefix(typ.Name, "__") {
			continue
		}
		def := &ast.Definition{Kind: ast.DefinitionKind(typ.Kind), Name: typ.Name, Position: position}
		for _, f := range typ.Fields {
			field := &ast.FieldDefinition{Name: f.Name, Type: f.Type.ast(), Arguments: arguments(f.Args), Position: position}
			if f.IsDeprecated {
				field.Directives = ast.DirectiveList{{Name: "deprecated", Position: position}}
			}
			def.Fields = append(def.Fields, field)
		}
		for _, f := range typ.InputFields {
			field := &ast.FieldDefinition{Name: f.Name, Type: f.Type.ast(), Position: position}
			if f.DefaultValue != nil {
				field.DefaultValue = &ast.Value{Raw: *f.DefaultValue, Kind: ast.StringValue, Position: position}
			}
			def.Fields = append(def.Fields, field)
		}
		for _, i := range typ.Interfaces {
			def.Interfaces = append(def.Interfaces, i.Name)
		}
		if def.Kind == ast.Union {
			for _, p := range typ.PossibleTypes {
				def.Types = append(def.Types, p.Name)
			}
		}
		for _, v := range typ.EnumValues {
			def.EnumValues = append(def.EnumValues, &ast.EnumValueDefinition{Name: v.Name, Position: position})
		}
		doc.Definitions = append(doc.Definitions, def)
	}
	doc.Schema = ast.SchemaDefinitionList{{Position: position, OperationTypes: ast.OperationTypeDefinitionList{
		{Operation: ast.Query, Type: in.QueryType.Name, Position: position}, {Operation: ast.Mutation, Type: in.MutationType.Name, Position: position},
	}}}
	prelude, err := parser.ParseSchema(validator.Prelude)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range prelude.Definitions {
		if doc.Definitions.ForName(d.Name) == nil {
			doc.Definitions = append(doc.Definitions, d)
		}
	}
	doc.Directives = prelude.Directives
	schema, err := validator.ValidateSchemaDocument(doc)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}
