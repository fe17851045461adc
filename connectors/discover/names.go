package discover

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// usual are names of columns by field, in the languages and systems that exports come
// from, folded, the surest first. Those of SAP are its field names.
//
//nolint:misspell // many languages
var usual = map[string][]string{
	"sku": {
		"sku", "variantsku", "skucode", "sellersku", "merchantsku", "itemsku", "productsku", "productcodesku", "customlabelsku", "customlabel", "matnr",
		"itemno", "itemnumber", "itemcode", "artikelnummer", "artikelnr", "artnr", "articlenumber", "articleno",
		"productcode", "productnumber", "productno", "produktnummer", "produktnr", "materialnummer", "materialnumber", "material",
		"partnumber", "partno", "teilenummer", "stockcode", "bestellnummer", "varenummer", "artikkelnummer", "artikelcode", "artikelkod",
		"codearticle", "referencearticle", "referenceproduit", "codigoarticulo", "codigoproducto", "codicearticolo", "codiceprodotto",
		"codigoproduto", "internalreference", "defaultcode", "referencia", "reference", "ref", "codigo", "codice", "identifier", "supplieraid",
		"supplierpid", "sellerssku", "ordernumber", "inventorynumber", "stocknumber", "customsku", "商品コード", "品番", "商品编码", "货号", "артикул", "kodproduktu", "kodzbozi", "cikkszam", "stokkodu", "kod", "itemid", "productid", "articleid", "artikelid", "artikel", "article", "code", "number", "nummer", "id",
	},
	"parent": {
		"parentsku", "parentcode", "artikelnummervaterartikel", "vaterartikelnr", "parentitem", "itemgroupid", "vaterartikel", "vaterartikelnummer", "hauptartikel", "hauptartikelnummer",
		"variantof", "variationparentsku", "ischildofproductcode", "salsifyparentid", "mainnumber", "skupadre", "parentproduct", "parent", "variantevon", "skuparent", "parentreference", "referenceparent", "referenciapadre", "codicepadre", "stammartikel", "elternartikel", "artikelparent",
	},
	"name": {
		"name", "productname", "itemname", "producttitle", "title", "maktx", "bezeichnung", "artikelbezeichnung", "produktbezeichnung", "produktname",
		"artikelname", "bezeichnung1", "kurzbezeichnung", "materialkurztext", "kurztext", "benennung", "titel", "nom", "nomproduit", "designation",
		"libelle", "intitule", "nombre", "nombreproducto", "titulo", "nome", "nomeprodotto", "nomeproduto", "titolo", "naam", "productnaam",
		"artikelnaam", "navn", "namn", "produktnamn", "benamning", "displayname", "itemdescription", "item", "text", "label", "denominacion", "denominazione", "productservicename", "auctiontitle", "itemtitle", "商品名", "商品名称", "品名", "наименование", "название", "nazwa", "nazwaproduktu", "nazev", "urunadi", "onoma",
	},
	"description": {
		"description", "productdescription", "longdescription", "descrizioneestesa", "descrizionelunga", "descripcionampliada", "bodyhtml", "desc", "descriptionlong", "商品説明", "商品描述", "описание", "opis", "popis", "leiras", "aciklama", "body", "descriptionhtml", "longtext", "ltext", "langtext", "beschreibung",
		"artikelbeschreibung", "produktbeschreibung", "langbeschreibung", "descripcion", "descripcionlarga", "descrizione", "descricao",
		"omschrijving", "beskrivelse", "beskrivning", "descriptif", "descriptionlongue", "salesdescription", "shortdescription", "kurzbeschreibung",
	},
	"gtin": {
		"gtin", "ean", "upc", "barcode", "variantbarcode", "ean11", "ean13", "eancode", "upccode", "upca", "gtin13", "gtin12", "gtin14", "eannummer", "eannr",
		"gtinnummer", "gtinean", "eangtin", "eanupc", "gtinupc", "upcean", "barcodeean", "strichcode", "codebarre", "codebarres", "codigobarras",
		"codigodebarras", "codiceabarre", "codicebarre", "streepjescode", "strekkode", "streckkod", "globaltradeitemnumber", "jan", "jancode", "barcodenumber", "eanbarcode", "barcodegtin", "janコード", "条形码", "条码", "штрихкод", "kodean", "kodkreskowy", "carovykod", "vonalkod", "barkod",
	},
	"price": {
		"price", "variantprice", "unitprice", "salesprice", "sellingprice", "productprice", "itemprice", "yourprice", "buyitnowprice", "startprice", "retailprice", "listprice", "regularprice", "baseprice", "preis", "verkaufspreis",
		"vkpreis", "vk", "vkbrutto", "vknetto", "bruttopreis", "nettopreis", "netpr", "kbetr", "prix", "prixvente", "prixdevente", "prixttc", "prixht",
		"precio", "precioventa", "pvp", "prezzo", "prezzovendita", "preco", "precovenda", "prijs", "verkoopprijs", "pris", "salgspris", "amount", "salesunitprice", "salespricerate",
		"pricevat", "pricetier1", "defaultsellprice", "sellprice", "usdunitretailprice", "bruttovk", "nettovk", "販売価格", "価格", "単価", "销售价", "售价", "价格", "цена", "cena", "fiyat", "rate", "prezzodivendita", "preciodeventa", "precodevenda", "cenasprzedazy", "prixunitaire", "precounitario", "preciounitario", "prezzounitario", "stueckpreis", "endpreis", "listenpreis", "stuckpreis", "endpreis",
	},
	"compare_at_price": {"compareatprice", "variantcompareatprice", "msrp", "rrp", "uvp", "streichpreis", "originalprice", "wasprice", "prixbarre", "adviesprijs", "listprice"},
	"cost": {
		"cost", "unitcost", "costperitem", "costprice", "purchaseprice", "standardcost", "standardprice", "wholesaleprice", "verpr", "stprs", "ek", "ekpreis",
		"eknetto", "einkaufspreis", "prixachat", "prixdachat", "costo", "coste", "preciocompra", "custo", "inkoopprijs", "packageprice", "contractprice", "purchasesunitprice",
		"purchasecost", "defaultpurchaseprice", "defaultcost", "sellercost", "purchaserate", "usdunitwholesaleprice", "averagecost", "lastcostprice", "defaultunitcost", "einstandspreis", "prezzodiacquisto", "preciodecompra", "prixdachatht", "cenazakupu", "仕入価格", "原価",
	},
	"brand": {
		"brand", "brandname", "manufacturer", "manufacturername", "marke", "markenname", "hersteller", "herstellername", "marque", "fabricant", "marca",
		"fabricante", "produttore", "merk", "fabrikant", "бренд", "producent", "ブランド", "品牌", "vendor", "mfr", "marque", "varemerke", "varumarke",
	},
	"category": {
		"category", "categoryname", "productcategory", "productgroup", "itemgroup", "itemcategory", "warengruppe", "warengruppenbezeichnung", "wgbez",
		"matkl", "kategorie", "artikelgruppe", "produktgruppe", "categorie", "famille", "categoria", "familia", "productgroep", "kategori", "producttype", "categories", "productcategories", "kategorien", "type", "kategoria", "カテゴリ", "カテゴリー", "分类", "类目", "категория", "rodzina", "warengruppenname",
	},
	"tags":   {"tags", "tag", "keywords", "schlagworte", "stichworte", "motscles", "etiquetas"},
	"status": {"status", "state", "active", "isactive", "enabled", "published", "aktiv", "statut", "actif", "estado", "activo", "stato", "attivo", "aktywny", "ativo", "actief", "artikelstatus", "公開状態", "ステータス", "状态", "статус", "sellable", "online", "onlineflag", "visible", "isvisible", "sichtbar"},
	"images": {
		"image", "images", "imageurl", "imageurls", "imagesrc", "imagelink", "mainimage", "picture", "pictureurl", "pictures", "picurl", "productpicurl",
		"photo", "photos", "photourl", "bild", "bilder", "bildurl", "bildlink", "produktbild", "hauptbild", "foto", "fotos", "imagen", "imagenes",
		"urlimagen", "immagine", "immagini", "mainimageurl", "mainpicture", "primaryimageurl", "itemphotourl", "picurls", "imgurl", "image1url", "商品画像url", "画像url", "商品图片", "图片", "фото", "изображение", "zdjecie", "obrazek", "resim", "imagem", "imagens", "afbeelding", "afbeeldingen", "bilde", "urlimage", "img", "thumbnail",
	},
	"url": {"url", "link", "producturl", "productlink", "pageurl", "permalink", "deeplink", "weburl", "shopurl", "lien"},
	"country_of_origin": {
		"countryoforigin", "origincountry", "origin", "countryoforigincode", "countryofmanufacture", "madein", "coo", "herkl", "herkunftsland",
		"ursprungsland", "ursprung", "herkunft", "paysorigine", "paysdorigine", "origine", "paisorigen", "paisdeorigen", "origen", "paeseorigine",
		"paesediorigine", "madeincountry", "原産国", "原产国", "страна", "paisorigem", "paisdeorigem", "landvanherkomst", "landvanoorsprong", "oprindelsesland", "ursprungsland", "opprinnelsesland",
	},
	"hs_codes": {
		"hscode", "hscodes", "hs", "hts", "htscode", "htsnumber", "harmonizedcode", "harmonizedsystemcode", "commoditycode", "commoditynumber", "tariffcode",
		"tariffnumber", "tariffno", "customscode", "customstariffnumber", "stawn", "zolltarifnummer", "zolltarif", "statistischewarennummer", "warennummer",
		"statwarennr", "intrastatcode", "intrastat", "taric", "codedouanier", "nomenclaturedouaniere", "codesh", "codigoarancelario", "partidaarancelaria",
		"codicedoganale", "ncm", "goederencode", "toltarif", "intrastatcommcode", "hs6tariffcode", "taricode", "tariccode",
	},
	"suppliers":  {"supplier", "suppliername", "suppliers", "lifnr", "lieferant", "lieferantenname", "fournisseur", "proveedor", "fornitore", "fornecedor", "leverancier", "vendorname"},
	"weight":     {"weight", "grossweight", "netweight", "itemweight", "brgew", "ntgew", "gewicht", "bruttogewicht", "nettogewicht", "poids", "peso", "vekt", "vikt", "weightmeasure", "pesolordo", "pesonetto", "pesobruto", "pesoneto", "poidsbrut", "poidsnet", "waga", "wagabrutto", "waganetto", "artikelgewicht", "versandgewicht", "hmotnost", "重量", "重さ", "вес", "gewichtbrutto", "gewichtnetto"},
	"currency":   {"currency", "currencycode", "currencyid", "waers", "waerk", "waehrung", "wahrung", "devise", "monnaie", "moneda", "divisa", "valuta", "moeda"},
	"weightunit": {"weightunit", "unitofweight", "gewei", "gewichtseinheit", "weightuom", "unitepoids"},
	"option":     {"color", "colour", "size", "farbe", "groesse", "grosse", "couleur", "taille", "talla", "colore", "taglia", "cor", "tamanho", "kleur", "maat"},
}

// opposites are names of columns that say which products are not active.
var opposites = []string{
	"inactive", "isinactive", "inaktiv", "istinaktiv", "inactif", "inactivo", "inattivo", "inativo", "inactief", "nieaktywny",
	"blocked", "isblocked", "salesblocked", "gesperrt", "istgesperrt", "sperre", "sperrkennzeichen", "bloque", "bloqueado", "bloccato", "geblokkeerd", "zablokowany",
	"discontinued", "isdiscontinued", "obsolete", "isobsolete", "descatalogado", "fuoricatalogo", "ausgelaufen", "auslaufkennzeichen", "wycofany",
	"disabled", "isdisabled", "archived", "isarchived", "archiviert", "hidden", "ishidden", "donotsell",
	"deleted", "isdeleted", "geloscht", "geloescht", "loschvormerkung", "loeschvormerkung", "loschkennzeichen", "loeschkennzeichen", "lvorm", "deletionflag",
}

// lastSure is the last of the names for the SKU that are hardly ever given to anything else.
const lastSure = "artnr"

// firstVague is the first of the names for the SKU that are given to anything that is numbered.
const firstVague = "itemid"

// vague reports whether a rank is that of such a name.
func vague(rank int) bool {
	return rank%len(usual["sku"]) >= slices.Index(usual["sku"], firstVague)
}

// surely reports whether a column is called so that it is the SKU even where many rows have none.
func surely(name string) bool {
	rank := rankOf("sku", name)
	return rank >= 0 && rank <= slices.Index(usual["sku"], lastSure)
}

// languages are names of columns whose codes of two letters are no countries.
var languages = regexp.MustCompile(`lang|locale|sprache|spras|idioma|lingua|taal|region|market`)

// counts are names of columns whose numbers are no prices.
var counts = regexp.MustCompile(`stock|qty|quantit|menge|bestand|lager|inventory|cantidad|voorraad|weight|gewicht|poids|peso|tax|steuer|rate`)

// unitEnd is a unit of weight behind a name, as in Gewicht (kg).
var unitEnd = regexp.MustCompile(`(?i)[\s_.(\[-]+(kg|g|mg|lbs?|oz)[)\]]?$`)

// currencyEnd is a currency before or behind a name, as in price-USD or VK (EUR).
var currencyEnd = regexp.MustCompile(`(?i)^(.*?)[\s_.(\[-]+([a-z]{3})[)\]]?$`)

// currencyWord is the end of names such as price_currency.
var currencyWord = regexp.MustCompile(`(?:currency|waehrung|wahrung|devise|moneda|valuta|waluta)$`)

// numberEnd is the number of a column that stands beside others of its kind, as in Bild 2.
var numberEnd = regexp.MustCompile(`^(.*?)[\s_#.-]*[0-9]{1,2}$`)

// spelledOut are letters that are written with others where they are lacking.
var spelledOut = strings.NewReplacer("ß", "ss", "ø", "o", "æ", "ae", "ł", "l")

// folded makes spellings of one name equal: lower case, without signs, blanks and accents.
func folded(name string) string {
	plain := strings.ToLower(name)
	if strings.ContainsFunc(plain, func(r rune) bool { return r > unicode.MaxASCII }) {
		plain = spelledOut.Replace(plain)
		if s, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.Predicate(accent)), norm.NFC), plain); err == nil {
			plain = s
		}
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, plain)
}

// accent reports whether a mark stands over or under letters of Europe; those of other scripts,
// such as the ones that make ド of ト, tell letters apart.
func accent(r rune) bool { return r >= 0x300 && r <= 0x36f }

// rankOf says how usual a name is for a field: 0 for the surest, -1 for not at all. A name
// of nested cells, such as values.ean.0.data, is known by one of its parts, less surely.
func rankOf(field, name string) int {
	words := usual[field]
	for _, spelled := range spellings(field, name) {
		i := slices.Index(words, folded(spelled))
		switch {
		case i >= 0 && spelled != name && untaxSign.MatchString(name):
			return i + len(words) // the price that people pay goes before it
		case i >= 0:
			return i
		}
	}
	if m := thingStart.FindStringSubmatch(name); m != nil && field != "parent" {
		if own := folded(m[1]); own != "type" && own != "id" {
			if i := slices.Index(words, own); i >= 0 {
				return len(words) + i
			}
		}
	}
	return rankWithin(field, name)
}

// rankWithin is the rank of a name of nested cells.
func rankWithin(field, name string) int {
	words := usual[field]
	parts := strings.FieldsFunc(localeLast.ReplaceAllString(name, ""), func(r rune) bool {
		return r == '.' || r == '/' || r == ':' || r == '@' || r == '[' || r == ']' || r == ','
	})
	if list, _ := elementOf(name); len(parts) < 2 || aside(name) || field == "url" && list != "" {
		return -1
	}
	for at, part := range slices.Backward(parts) {
		i := slices.Index(words, folded(part))
		if i < 0 && field == "name" {
			i = slices.Index(words, strings.TrimSuffix(folded(part), "1")) // of several lines of a name the first
		}
		switch {
		case i < 0:
		case ofAnother(field, parts[:at]):
			return -1
		case field == "sku" && at == len(parts)-1 && ownSKU(parts):
			return slices.Index(words, firstVague) // attributes.sku goes before id
		case at < len(parts)-1 && isNumberOf(field, parts[len(parts)-1]):
			return -1
		default:
			return len(words)*(len(parts)-at) + i
		}
	}
	return -1
}

// ofAnother reports whether what stands before the name of a field makes it that of another thing, such as
// manufacturer.name.
func ofAnother(field string, before []string) bool {
	return (field == "name" || field == "description") && slices.ContainsFunc(before, func(part string) bool {
		return slices.ContainsFunc(things, func(thing string) bool { return slices.Contains(usual[thing], folded(part)) })
	})
}

// things are fields whose values may be things with names of their own.
var things = []string{"brand", "category", "suppliers", "images", "option", "currency"}

// localeLast is a language as the last part of a nested name, such as fields.sku.en-US.
var localeLast = regexp.MustCompile(`\.[a-z]{2}[-_][A-Z]{2}$`)

// ownSKU reports whether the parts of a nested name say a record's own SKU.
func ownSKU(parts []string) bool {
	of := func(part string) bool {
		return slices.Contains(usual["parent"], folded(part)) || slices.Contains(variantLists, folded(part)) || strings.Trim(part, "0123456789") == ""
	}
	return surelySKU(parts[len(parts)-1]) && !slices.ContainsFunc(parts[:len(parts)-1], of)
}

// isNumberOf reports whether the last part of a nested name makes its value the number of a thing, such as
// brand.id, where people are to read its name.
func isNumberOf(field, last string) bool {
	return slices.Contains([]string{"name", "brand", "category", "tags", "suppliers", "images"}, field) &&
		slices.Contains([]string{"id", "uuid", "guid", "key"}, folded(last))
}

// asides are the last parts of nested names that say something about a value and are none.
var asides = []string{"locale", "language", "languagecode", "languageid", "scope", "currency", "unit", "type", "href", "lang", "links", "channel", "attributetype"}

// aside reports whether a nested name speaks of another value, or of the API that the file is from.
func aside(name string) bool {
	parts := strings.Split(name, ".")
	return len(parts) > 1 && (slices.Contains(asides, folded(parts[len(parts)-1])) || folded(parts[0]) == "links")
}

// thingStart is what many exports put before every name: Item List Price, PRODUCT_WEIGHT.
var thingStart = regexp.MustCompile(`(?i)^\*?(?:product|item|article|artikel|produkt)[\s_.:-]*(.+)$`)

// languageEnd is a language behind a name, as in name(en-gb), Name [de], description-en_US or name_de.
var languageEnd = regexp.MustCompile(`^(.*?)(?:\s*[(\[][a-z]{2}(?:[-_][A-Za-z]{2})?[)\]]|[-_.]en[-_][A-Z]{2}|_(?:de|en|fr|it|es|nl|pl|pt|sv|da|fi|cs|ja))$`)

// taxed is what prices with and without tax are told apart by, and untaxed what those without are.
const (
	untaxed = `netto|net|ht|hors taxes?|tax excluded|tax excl\.?|(?:excl?|exkl|ex|zzgl|w/o|without)\.?[\s_]*(?:vat|tax|mwst\.?|ust\.?|btw|moms|iva|tva|gst)|sin iva|iva (?:esclusa|excluido)|bez (?:dph|vat)|税抜き?|税別|不含税`
	gross   = `brutto|gross|ttc|tax included|tax incl\.?|(?:incl?|inkl|with)\.?[\s_]*(?:vat|tax|mwst\.?|ust\.?|btw|moms|iva|tva|gst)|con iva|iva (?:inclusa|incluido)|s dph|z vat|税込み?|含税`
)

var (
	taxSign   = regexp.MustCompile(`(?i)[\s_.(（\[-]*(?:` + gross + `|` + untaxed + `)[)）\]]?`)
	untaxSign = regexp.MustCompile(`(?i)(?:` + untaxed + `)[)）\]]?`)
)

// spellings are a name as it is and without what may stand behind it.
func spellings(field, name string) []string {
	all := []string{name}
	switch field {
	case "name", "description", "category":
		if m := languageEnd.FindStringSubmatch(name); m != nil {
			all = append(all, m[1])
		}
	case "weight":
		all = append(all, unitEnd.ReplaceAllString(name, ""))
	case "price", "compare_at_price", "cost":
		if before, code := currencyIn(name); code != "" {
			all = append(all, before)
		}
		if before, ok := strings.CutSuffix(name, "(1)"); ok { // the first of several price lists
			all = append(all, before)
		}
		if plain := taxSign.ReplaceAllString(name, " "); plain != name {
			plain = strings.TrimSpace(plain)
			all = append(all, plain, strings.TrimSuffix(plain, "1"))
		}
	case "images":
		if m := numberEnd.FindStringSubmatch(name); m != nil {
			all = append(all, m[1])
		}
	}
	return all
}

// currencyIn takes a currency off the name of a column, "" for none.
func currencyIn(name string) (before, code string) {
	if m := currencyEnd.FindStringSubmatch(strings.TrimSpace(name)); m != nil && isCurrency(strings.ToUpper(m[2])) {
		return m[1], strings.ToUpper(m[2])
	}
	return name, ""
}
