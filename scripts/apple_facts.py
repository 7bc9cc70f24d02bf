#!/usr/bin/env python3
"""The tables of facts about Apple's C and Objective-C API, and what is compared with them.

  apple_facts.py --update TABLES    copies the rows that the headers of tests/applesim/include declare from the full tables in the folder
                                    TABLES (apple-abi.tsv, apple-objc.tsv) into tests/applesim/facts
  apple_facts.py --check            every declaration of the headers, as clang reads it, is in the tables with the same types and
                                    values, and every row of the tables is declared; every function agrees with its
                                    typed prototype in tests/applesim/facts/prototypes.h
  apple_facts.py --asserts OUT      writes OUT.cpp and OUT.mm: one static_assert for each constant, layout, key and prototype; the
                                    same files compile against a Mac's SDK
  apple_facts.py --mutations        changes copies of the headers in every way that must be noticed, and counts what was
  apple_facts.py --table-mutations  the same with the rows of the tables

Options: --headers DIR (tests/applesim/include), --facts DIR (tests/applesim/facts).
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import namedtuple

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CLANG = os.environ.get("TV_CLANG", "clang-19")
# In the order in which one needs the other.
FRAMEWORKS = ("CoreFoundation", "IOSurface", "CoreVideo", "CoreMedia", "VideoToolbox", "Foundation", "Metal", "QuartzCore", "AppKit")
INLINE = {"CFRangeMake"}  # in the tables, but no symbol

Function = namedtuple("Function", "framework name result params introduced objc marks")
Constant = namedtuple("Constant", "framework name type value marks")
Enumerator = namedtuple("Enumerator", "framework name value marks")
String = namedtuple("String", "framework name marks")
Data = namedtuple("Data", "framework name type ctype marks")
Alias = namedtuple("Alias", "framework name target marks")
Struct = namedtuple("Struct", "framework name size align fields marks")
Method = namedtuple("Method", "framework owner kind sign selector result params")
Runtime = namedtuple("Runtime", "kind library name reason")


class Facts:
    """The rows of DIR/abi.tsv and DIR/objc.tsv, and DIR/runtime.tsv: what the tables leave out, listed by hand."""

    def __init__(self, folder, abi="abi.tsv", objc="objc.tsv", runtime=None):
        self.folder = os.path.relpath(folder)
        self.lines = {}  # (table, kind, name or owner and selector) -> line, for --update
        self.functions, self.constants, self.enumerators, self.strings = {}, {}, {}, {}
        self.data, self.aliases, self.structs, self.methods, self.classes = {}, {}, {}, {}, {}
        self.runtime = []
        places = {
            "F": (Function, self.functions),
            "C": (Constant, self.constants),
            "E": (Enumerator, self.enumerators),
            "K": (String, self.strings),
            "D": (Data, self.data),
            "A": (Alias, self.aliases),
            "S": (Struct, self.structs),
        }
        for cells in self.rows(os.path.join(folder, abi)):
            made, where = places[cells[0]]
            row = made(*cells[1:])
            where[row.name] = row
            self.lines["abi", cells[0], row.name] = "\t".join(cells)
        for cells in self.rows(os.path.join(folder, objc)):
            row = Method(*cells[1:])
            self.methods.setdefault((row.owner, row.selector), []).append(row)
            self.classes.setdefault(row.owner, row)
            self.lines["objc", row.owner, row.sign + row.selector] = "\t".join(cells)
        for cells in self.rows(runtime or os.path.join(folder, "runtime.tsv")):
            self.runtime.append(Runtime(*cells))

    @staticmethod
    def rows(path):
        with open(path, encoding="utf-8") as file:
            for line in file:
                # A line that begins with a blank is the rest of a type that was broken off: the table's few generic classes.
                if line.strip() and line[0] not in "# ":
                    yield line.rstrip("\n").split("\t")

    def by_hand(self, kind):
        return {row.name for row in self.runtime if row.kind == kind}


# ---- what the headers declare ----

Declared = namedtuple("Declared", "functions constants variables structs macros methods classes typedefs")

BUILTIN = {
    "void": "v", "char": "i8", "signed char": "i8", "unsigned char": "u8", "short": "i16", "unsigned short": "u16", "int": "i32",
    "unsigned int": "u32", "long": "i64", "unsigned long": "u64", "long long": "i64", "unsigned long long": "u64", "float": "f32",
    "double": "f64", "id": "P", "instancetype": "P", "Class": "P",
}  # fmt: skip


def header_files(headers):
    found = []
    for folder, _, names in os.walk(headers):
        found += [os.path.relpath(os.path.join(folder, name), headers) for name in names if name.endswith(".h")]

    def place(name):
        framework = name.split("/")[0]
        return (FRAMEWORKS.index(framework) if framework in FRAMEWORKS else -1, name)

    return sorted(found, key=place)


def clang(headers, language, text, *options):
    """Runs clang as for a Mac, with no header but those under test and clang's own."""
    command = [CLANG, "-target", "arm64-apple-macos13.3", "-x", language, "-ffreestanding", "-fblocks", "-Wno-everything", "-I", headers]
    command += ["-std=c++23", "-nostdinc++"] + (["-fobjc-arc"] if language == "objective-c++" else [])
    return subprocess.run(command + list(options) + ["-"], input=text, capture_output=True, text=True)


def include_all(headers):
    return "".join(f"#include <{name}>\n" for name in header_files(headers))


class Reader:
    """Walks clang's AST of the headers; types in the tables' letters."""

    def __init__(self, headers):
        source = include_all(headers)
        done = clang(headers, "objective-c++", source, "-fsyntax-only", "-Xclang", "-ast-dump=json")
        if done.returncode != 0:
            sys.exit(f"the headers in {headers} do not compile:\n{done.stderr}")
        self.typedefs, self.enums, self.records = {}, {}, {}
        self.declared = Declared({}, {}, {}, {}, {}, [], {}, self.typedefs)
        self.walk(json.loads(done.stdout)["inner"])
        done = clang(headers, "objective-c++", source, "-E", "-dM")
        for line in done.stdout.splitlines():
            found = re.match(r"#define ((?:k[A-Z]|MTL|CV|CM|VT|IOSurface|CF)\w*) (.+)$", line)
            if found:
                self.declared.macros[found.group(1)] = found.group(2).strip()

    def walk(self, nodes):
        anonymous = None
        for node in nodes:
            kind, name = node.get("kind"), node.get("name", "")
            if node.get("isImplicit") and not kind.startswith("Typedef"):
                continue
            if kind in ("LinkageSpecDecl", "NamespaceDecl", "ExternCContextDecl"):
                self.walk(node.get("inner", []))
            elif kind in ("TypedefDecl", "TypeAliasDecl"):
                text = node["type"].get("desugaredQualType", node["type"]["qualType"])
                self.typedefs[name] = node["type"]["qualType"] if "(unnamed" in text or "(anonymous" in text else text
                if anonymous is not None and ("(unnamed" in text or "(anonymous" in text or re.fullmatch(rf"(struct )?{name}", text)):
                    self.declared.structs[name] = anonymous
            elif kind == "EnumDecl":
                self.enum(node)
            elif kind == "CXXRecordDecl" and node.get("completeDefinition"):
                fields = [
                    (field["name"], field["type"].get("desugaredQualType", field["type"]["qualType"]))
                    for field in node.get("inner", [])
                    if field.get("kind") == "FieldDecl"
                ]
                if name:
                    self.declared.structs[name] = fields
                else:
                    anonymous = fields
                    continue
            elif kind == "FunctionDecl":
                self.declared.functions[name] = self.function(node)
            elif kind == "VarDecl":
                self.declared.variables[name] = node["type"]["qualType"]
            elif kind in ("ObjCInterfaceDecl", "ObjCProtocolDecl", "ObjCCategoryDecl"):
                self.objc(node)
            anonymous = None

    def enum(self, node):
        under = node.get("fixedUnderlyingType", {"qualType": "unsigned int"})
        code = self.code(under.get("desugaredQualType", under["qualType"]))
        if node.get("name"):
            self.enums[node["name"]] = code
        last = -1
        for item in node.get("inner", []):
            if item.get("kind") != "EnumConstantDecl":
                continue
            value = [part["value"] for part in item.get("inner", []) if part.get("kind") == "ConstantExpr" and "value" in part]
            last = int(value[0]) if value else last + 1
            self.declared.constants[item["name"]] = (code, last)

    def function(self, node):
        whole = re.sub(r"\s*__attribute__\(\(\w+\)\)$", "", node["type"]["qualType"])
        result = self.code(whole[: self.parameters_at(whole)].strip())
        return result, [self.of(param["type"]) for param in node.get("inner", []) if param.get("kind") == "ParmVarDecl"]

    @staticmethod
    def parameters_at(text):
        """Where the list of parameters of a function's type begins: its last group of parentheses at depth 0."""
        depth, at = 0, len(text)
        for index in range(len(text) - 1, -1, -1):
            depth += {")": 1, "(": -1}.get(text[index], 0)
            if text[index] == "(" and depth == 0:
                at = index
                break
        return at

    def objc(self, node):
        owner = node.get("interface", {}).get("name") or node["name"]
        bases = [node["super"]["name"]] if "name" in node.get("super", {}) else []
        bases += [protocol["name"] for protocol in node.get("protocols", [])]
        known = self.declared.classes.setdefault(owner, [])
        known += [base for base in bases if base not in known]
        for item in node.get("inner", []):
            if item.get("kind") == "ObjCMethodDecl" and not item.get("isImplicit"):
                params = [self.objc_type(part["type"]) for part in item.get("inner", []) if part.get("kind") == "ParmVarDecl"]
                sign = "-" if item.get("instance") else "+"
                self.declared.methods.append((owner, sign, item["name"], self.objc_type(item["returnType"]), params))
            elif item.get("kind") == "ObjCPropertyDecl":
                sign, type_ = "+" if item.get("class") else "-", self.objc_type(item["type"])
                getter = item.get("getter", {}).get("name", item["name"])
                self.declared.methods.append((owner, sign, getter, type_, []))
                if item.get("readwrite"):
                    setter = "set" + item["name"][0].upper() + item["name"][1:] + ":"
                    self.declared.methods.append((owner, sign, setter, "v", [type_]))

    def of(self, type_):
        return self.code(type_.get("desugaredQualType", type_["qualType"]))

    def strip(self, text):
        text = re.sub(r"__attribute__\(\(.*?\)\)+|\b(_Nonnull|_Nullable|__strong|__autoreleasing|__unsafe_unretained|const|volatile|struct|enum)\b", " ", text)
        return " ".join(text.split())

    def code(self, text):
        if re.search(r"[*^&\]]\s*(const|_Nonnull|_Nullable|__strong|\s)*$", text) or "(*)" in text or "(^)" in text:
            return "P"
        text = self.strip(text)
        if "(^" in text:
            return "P"
        if text.endswith("*") or text.startswith("id<"):
            return "P"
        if text in BUILTIN:
            return BUILTIN[text]
        if text in self.enums:
            return self.enums[text]
        if text in self.declared.structs:
            return "S:" + text
        target = self.typedefs.get(text)
        if target is not None and self.strip(target) != text:
            return self.code(target)
        if target is not None and "(unnamed" not in target:
            return "S:" + text
        return "?" + text

    def objc_type(self, type_):
        """The letters of apple-objc.tsv: enumerations and structures by value keep their C names."""
        text = type_["qualType"]
        plain = self.strip(text)
        if plain in ("BOOL", "SEL"):
            return plain
        if plain in self.enums or plain in self.declared.structs:
            return "T:" + plain
        code = self.of(type_)
        target = self.typedefs.get(plain)
        if target is not None and code != "P" and (self.strip(target) in self.enums or plain in self.enums):
            return "T:" + plain
        if code.startswith("S:"):
            return "T:" + plain
        return code


# ---- the comparison ----


def compare(headers, facts):
    """Every difference between the headers and the tables, as sentences."""
    reader = Reader(headers)
    declared, wrong = reader.declared, []
    number = 0

    for name, (result, params) in sorted(declared.functions.items()):
        number += 1
        row = facts.functions.get(name)
        have = f"{result}({','.join(params) or 'v'})"
        if row is None:
            wrong.append(f"function {name} is not in the tables")
        elif have != f"{row.result}({row.params})":
            wrong.append(f"function {name} is {have}, the tables say {row.result}({row.params})")
    for name, (code, value) in sorted(declared.constants.items()):
        number += 1
        if name in facts.constants:
            row = facts.constants[name]
            if (code, str(value)) != (row.type, row.value):
                wrong.append(f"constant {name} is {code} {value}, the tables say {row.type} {row.value}")
        elif name in facts.enumerators:
            if str(value) != facts.enumerators[name].value:
                wrong.append(f"constant {name} is {value}, the tables say {facts.enumerators[name].value}")
        elif f"{name}={value}" not in facts.by_hand("constant"):
            wrong.append(f"constant {name} is not in the tables")
    for name, type_ in sorted(declared.variables.items()):
        number += 1
        code = reader.code(type_)
        if name in facts.strings:
            if reader.strip(type_) != "CFStringRef":
                wrong.append(f"key {name} is {type_}, not CFStringRef")
        elif name in facts.data:
            row = facts.data[name]
            if code != row.type or reader.strip(type_) != row.ctype:
                wrong.append(f"datum {name} is {type_}, the tables say {row.ctype}")
        elif name in facts.constants:
            if code != facts.constants[name].type:
                wrong.append(f"constant {name} is {code}, the tables say {facts.constants[name].type}")
        elif name not in facts.by_hand("symbol"):
            wrong.append(f"variable {name} is not in the tables")
    for name, fields in sorted(declared.structs.items()):
        number += 1
        row = facts.structs.get(name)
        if row is None:
            text = name + "=" + ";".join(f"{field}:{reader.code(type_)}" for field, type_ in fields)
            if text not in facts.by_hand("struct"):
                wrong.append(f"struct {text} is not in the tables")
            continue
        have = [(field, reader.code(type_)) for field, type_ in fields]
        want = [(cells[0], cells[2]) for cells in (field.split(":", 2) for field in row.fields.split(";"))]
        if have != want:
            wrong.append(f"struct {name} has {have}, the tables say {want}")
    for name, text in sorted(declared.macros.items()):
        number += 1
        if name in facts.aliases:
            if text != facts.aliases[name].target:
                wrong.append(f"macro {name} is {text}, the tables say {facts.aliases[name].target}")
        elif name not in facts.constants and name not in facts.by_hand("macro"):
            wrong.append(f"macro {name} is not in the tables")
    for owner, sign, selector, result, params in declared.methods:
        number += 1
        rows = [row for row in facts.methods.get((owner, selector), []) if row.sign == sign]
        if not rows:
            if f"{sign}[{owner} {selector}]" not in facts.by_hand("method"):
                wrong.append(f"method {sign}[{owner} {selector}] is not in the tables")
            continue
        have = [result] + (params or ["v"])
        want = [rows[0].result] + split_types(rows[0].params)
        if len(have) != len(want) or any(not same(reader, a, b) for a, b in zip(have, want)):
            wrong.append(f"method {sign}[{owner} {selector}] is {have}, the tables say {want}")
    for owner in declared.classes:
        number += 1
        if owner not in facts.classes and owner not in facts.by_hand("class") and owner not in facts.by_hand("protocol"):
            wrong.append(f"class or protocol {owner} is not in the tables")

    # Typed prototypes from another source than the headers: pointers of different kinds that changed places.
    source, known = prototypes(facts)
    wrong += [f"function {name} has no typed prototype in {PROTOTYPES}" for name in declared.functions if name not in known]
    done = clang(headers, "objective-c++", include_all(headers) + source, "-fsyntax-only", "-ferror-limit=0")
    wrong += [f"prototype: {text}" for text in re.findall(r"error: (.*)", done.stderr)]

    # The other direction: each row is declared, so the tables hold nothing that nobody looks at.
    have = set(declared.functions) | set(declared.constants) | set(declared.variables) | set(declared.structs) | set(declared.macros)
    for rows in (facts.functions, facts.constants, facts.enumerators, facts.strings, facts.data, facts.aliases, facts.structs):
        wrong += [f"{name} is in the tables and no header declares it" for name in rows if name not in have]
    sent = {(owner, sign + selector) for owner, sign, selector, _, _ in declared.methods}
    for rows in facts.methods.values():
        wrong += [f"{r.sign}[{r.owner} {r.selector}] is in the tables and no header declares it" for r in rows if (r.owner, r.sign + r.selector) not in sent]
    return wrong, number


PROTOTYPES = "prototypes.h"


def prototypes(facts):
    with open(os.path.join(facts.folder, PROTOTYPES), encoding="utf-8") as file:
        text = file.read()
    return text, set(re.findall(r"(\w+)\([^()]*\);", text))


def split_types(text):
    return [part for part in re.split(r",(?![^<]*>)", text)]


def same(reader, have, want):
    if want == "?" or have == want:
        return True
    if want.startswith("T:Option<") and have == "P":
        return True  # a block
    if want.startswith("T:"):
        name = want[2:]
        # A name for a plain number or pointer.
        return name in reader.typedefs and reader.code(name) == have
    return have == "T:" + want


# ---- static_asserts ----

CANON = r"""
// Made by scripts/apple_facts.py from the tables in tests/applesim/facts: one assertion a fact.
template <typename A, typename B> struct Same { static constexpr bool value = false; };
template <typename A> struct Same<A, A> { static constexpr bool value = true; };
template <typename T> struct Plain { using type = T; };
template <typename T> struct Plain<const T> { using type = T; };
struct P {};
template <typename T, bool Enum = __is_enum(T)> struct Canon { using type = T; };
template <typename T> struct Canon<T, true> { using type = typename Canon<__underlying_type(T)>::type; };
template <typename T> struct Canon<T*, false> { using type = P; };
template <> struct Canon<decltype(nullptr), false> { using type = P; };
template <> struct Canon<long, false> { using type = long long; };
template <> struct Canon<unsigned long, false> { using type = unsigned long long; };
#if defined(__BLOCKS__)
template <typename R, typename... A> struct Canon<R (^)(A...), false> { using type = P; };
#endif
template <typename T> using canon = typename Canon<typename Plain<T>::type>::type;
template <typename F> struct Sig;
template <typename R, typename... A> struct Sig<R (*)(A...)> { using type = canon<R>(canon<A>...); };
template <typename A, typename B> constexpr bool same = Same<A, B>::value;
#define TV_TEXT(x) #x
#define TV_SHOW(x) TV_TEXT(x)
constexpr bool same_text(const char* a, const char* b) { return *a == *b && (*a == 0 || same_text(a + 1, b + 1)); }
"""
C_TYPE = {
    "P": "P", "v": "void", "i8": "signed char", "u8": "unsigned char", "i16": "short", "u16": "unsigned short", "i32": "int",
    "u32": "unsigned int", "i64": "long long", "u64": "unsigned long long", "f32": "float", "f64": "double",
}  # fmt: skip


def c_type(code):
    return code[2:] if code.startswith("S:") else C_TYPE[code]


def number(value, code):
    return {"u32": f"{value}U", "u64": f"{value}ULL", "i64": f"{value}LL"}.get(code, value)


def asserts(headers, facts, objc):
    """One file of static_asserts; objc: also what only Objective-C declares, as Objective-C++."""
    lines = [include_all(headers) if objc else "".join(f"#include <{n}>\n" for n in header_files(headers) if n.split("/")[0] not in OBJC_ONLY)]
    lines.append(CANON)
    count = 0
    functions = facts.functions.values()
    for row in functions:
        if row.objc == "yes":
            continue  # in Objective-C, pointers to objects under ARC are no plain types: the AST comparison has them
        params = "" if row.params == "v" else ", ".join(c_type(code) for code in row.params.split(","))
        lines.append(f'static_assert(same<Sig<decltype(&{row.name})>::type, {c_type(row.result)}({params})>, "{row.name}");')
    for row in facts.constants.values():
        lines.append(f'static_assert({row.name} == {number(row.value, row.type)} && same<canon<decltype({row.name})>, {c_type(row.type)}>, "{row.name}");')
    for row in facts.strings.values():
        lines.append(f'static_assert(same<Plain<decltype({row.name})>::type, CFStringRef>, "{row.name}");')
    for row in facts.data.values():
        lines.append(f'static_assert(same<Plain<decltype({row.name})>::type, {row.ctype}>, "{row.name}");')
    for row in facts.aliases.values():
        lines.append(f'static_assert(same_text(TV_SHOW({row.name}), "{row.target}"), "{row.name}");')
    for row in facts.structs.values():
        if row.framework in OBJC_ONLY and not objc:
            continue
        lines.append(f'static_assert(sizeof({row.name}) == {row.size} && alignof({row.name}) == {row.align}, "{row.name}");')
        for field in row.fields.split(";"):
            name, offset, code = field.split(":", 2)
            lines.append(
                f"static_assert(__builtin_offsetof({row.name}, {name}) == {offset}"
                f' && same<canon<decltype({row.name}::{name})>, {c_type(code)}>, "{row.name}.{name}");'
            )
    if objc:
        for row in facts.enumerators.values():
            lines.append(f'static_assert(static_cast<long long>({row.name}) == {row.value}LL, "{row.name}");')
    count = sum(line.startswith("static_assert") for line in lines)
    return "\n".join(lines) + "\n", count


OBJC_ONLY = {"AppKit", "Foundation", "Metal", "QuartzCore"}


def compile_asserts(headers, facts, objc):
    text, count = asserts(headers, facts, objc)
    done = clang(headers, "objective-c++" if objc else "c++", text, "-fsyntax-only", "-ferror-limit=0")
    failed = re.findall(r"error: (.*)", done.stderr)
    return failed, count


# ---- keeping the tables ----


def update(tables, headers, folder):
    full = Facts(tables, "apple-abi.tsv", "apple-objc.tsv", os.path.join(folder, "runtime.tsv"))
    declared = Reader(headers).declared
    names = set(declared.functions) | set(declared.constants) | set(declared.variables) | set(declared.structs) | set(declared.macros)
    sent = {(owner, sign + selector) for owner, sign, selector, _, _ in declared.methods}
    for table, comment in (("abi", "apple-abi.tsv"), ("objc", "apple-objc.tsv")):
        source = os.path.join(tables, comment)
        head = [line for line in open(source, encoding="utf-8") if line.startswith("#")]
        rows = []
        for (which, kind, name), line in full.lines.items():
            if which == table and (name in names if table == "abi" else (kind, name) in sent):
                rows.append(line + "\n")
        with open(os.path.join(folder, table + ".tsv"), "w", encoding="utf-8") as file:
            file.writelines(["# Only the rows that tests/applesim/include declares: copied by scripts/apple_facts.py --update.\n"] + head + sorted(rows))
        print(f"{table}.tsv: {len(rows)} rows")
    return 0


# ---- mutations ----


def mutations(headers, facts):
    """(name, file, text before, text after): each a mistake in a header that must be noticed."""
    result = []
    for name in header_files(headers):
        text = open(os.path.join(headers, name), encoding="utf-8").read()
        # Two parameters of different kinds swapped, and one dropped.
        for found in re.finditer(r"\b(\w+)\(([^()]*,[^()]*)\);", text):
            row = facts.functions.get(found.group(1))
            if row is None:
                continue
            params, codes = [part.strip() for part in found.group(2).split(",")], row.params.split(",")
            at = next((i for i in range(len(codes) - 1) if codes[i] != codes[i + 1]), None)
            if at is not None and len(params) == len(codes):
                swapped = params[:at] + [params[at + 1], params[at]] + params[at + 2 :]
                result.append((f"{row.name}: parameters {at + 1} and {at + 2} swapped", name, found.group(0), f"{row.name}({', '.join(swapped)});"))
            # Two neighbours that are both pointers, or both the same kind of number, of different types.
            kinds = [re.sub(r"\w+$", "", part).strip() for part in params]
            at = next((i for i in range(len(codes) - 1) if codes[i] == codes[i + 1] and kinds[i] != kinds[i + 1]), None)
            if at is not None and len(params) == len(codes) and not {"CVPixelBufferRef", "CVImageBufferRef"} >= {kinds[at], kinds[at + 1]}:
                swapped = params[:at] + [params[at + 1], params[at]] + params[at + 2 :]
                result.append((f"{row.name}: neighbours {at + 1} and {at + 2} swapped", name, found.group(0), f"{row.name}({', '.join(swapped)});"))
            result.append((f"{row.name}: last parameter dropped", name, found.group(0), f"{row.name}({', '.join(params[:-1])});"))
        for found in re.finditer(r"\b(\w+)(?: TV_NOT_ON_IOS)? = (-?\w+)(?=\s*[,}])", text):
            if found.group(1) in facts.constants or found.group(1) in facts.enumerators:
                changed = f"{found.group(1)} = {found.group(2)} + 1"
                result.append((f"{found.group(1)}: another value", name, found.group(0), changed))
        for found in re.finditer(r"extern const CFStringRef\s+(\w+)", text):
            result.append((f"{found.group(1)}: key renamed", name, found.group(0), found.group(0) + "X"))
        for found in re.finditer(r"^\s*(?:-|\+) \([^;]*?\)(\w+)[^;]*;", text, re.M):
            changed = found.group(0).replace(")" + found.group(1), ")" + found.group(1) + "Wrong", 1)
            result.append((f"selector {found.group(1)}...: misspelt", name, found.group(0), changed))
        for found in re.finditer(r"^@property[^;]*?(\w+);", text, re.M):
            result.append((f"property {found.group(1)}: misspelt", name, found.group(0), found.group(0)[:-1] + "Wrong;"))
        for found in re.finditer(r"^    (\w[\w ]*\**) (\w+);\n    (\w[\w ]*\**) (\w+);\n", text, re.M):
            if not text[: found.start()].rstrip().endswith("{"):
                continue
            swapped = f"    {found.group(3)} {found.group(4)};\n    {found.group(1)} {found.group(2)};\n"
            result.append((f"field {found.group(2)}: swapped with {found.group(4)}", name, found.group(0), swapped))
    return result


def try_mutations(headers, facts, most):
    every = mutations(headers, facts)
    # Of each kind an even spread: each try is a run of clang.
    kinds = {}
    for mutation in every:
        kinds.setdefault(mutation[0].rsplit(": ", 1)[-1].split(" ")[0], []).append(mutation)
    chosen = []
    for group in kinds.values():
        share = min(len(group), max(1, most // len(kinds)))
        chosen += [group[index * len(group) // share] for index in range(share)]
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "include")
        subprocess.run(["cp", "-r", headers, copy], check=True)
        for what, name, before, after in chosen:
            path = os.path.join(copy, name)
            text = open(path, encoding="utf-8").read()
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace(before, after, 1))
            if not noticed(copy, facts):
                missed.append(what)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
    for what in missed:
        print(f"error: not noticed: {what}")
    print(f"{len(chosen) - len(missed)} of {len(chosen)} mutations noticed ({len(every)} known; {', '.join(f'{k} {len(v)}' for k, v in kinds.items())})")
    return 1 if missed or not chosen else 0


def table_mutations(headers, facts, most):
    """Each fact altered by itself must fail an assertion or the comparison; one run of clang for all assertions."""
    missed, tried = [], 0
    altered = Facts(facts.folder)
    for rows in (altered.functions, altered.constants, altered.data, altered.structs, altered.aliases, altered.enumerators):
        for name, row in rows.items():
            tried += 1
            if isinstance(row, Function):
                rows[name] = row._replace(params="P" if row.params == "v" else row.params + ",P")
            elif isinstance(row, Data):
                rows[name] = row._replace(ctype="CFArrayRef", type="S:Other")
            elif isinstance(row, Struct):
                rows[name] = row._replace(size=str(int(row.size) + 4))
            elif isinstance(row, Alias):
                rows[name] = row._replace(target=row.target + "X")
            else:
                rows[name] = row._replace(value=str(int(row.value) + 1))
    # A key is nothing but its name.
    tried += len(altered.strings)
    altered.strings = {name + "X": row._replace(name=name + "X") for name, row in altered.strings.items()}
    failed, _ = compile_asserts(headers, altered, True)
    words = set(re.findall(r"\w+", " ".join(failed)))
    for rows in (altered.functions, altered.constants, altered.data, altered.structs, altered.aliases, altered.enumerators):
        missed += [name for name, row in rows.items() if name not in words and getattr(row, "objc", "no") == "no"]
    wrong = " ".join(compare(headers, altered)[0])
    missed += [name for name, row in altered.functions.items() if f"function {name} is" not in wrong]
    missed += [name for name in altered.strings if f"{name} is in the tables" not in wrong or name not in words]
    # Selectors: one at a time, since one name stands with several owners.
    for (owner, selector), rows in list(facts.methods.items())[:most]:
        tried += 1
        altered = Facts(facts.folder)
        altered.methods[owner, selector] = [row._replace(params="i8" if row.params == "v" else row.params + ",i8") for row in rows]
        if not any(selector in line for line in compare(headers, altered)[0]):
            missed.append(f"[{owner} {selector}]")
    for name in missed:
        print(f"error: not noticed when altered: {name}")
    print(f"{tried - len(missed)} of {tried} altered facts noticed")
    return 1 if missed or not tried else 0


def noticed(headers, facts):
    try:
        wrong, _ = compare(headers, facts)
    except SystemExit:
        return True  # no longer compiles
    return bool(wrong)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--headers", default=os.path.join(TOP, "tests/applesim/include"))
    parser.add_argument("--facts", default=os.path.join(TOP, "tests/applesim/facts"))
    parser.add_argument("--update")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--asserts")
    parser.add_argument("--mutations", action="store_true")
    parser.add_argument("--table-mutations", action="store_true")
    parser.add_argument("--most", type=int, default=40, help="how many mutations to try")
    options = parser.parse_args()
    if options.update:
        return update(options.update, options.headers, options.facts)
    facts = Facts(options.facts)
    status = 0
    if options.asserts:
        for ending, objc in ((".cpp", False), (".mm", True)):
            with open(options.asserts + ending, "w", encoding="utf-8") as file:
                file.write(asserts(options.headers, facts, objc)[0] + prototypes(facts)[0])
    if options.check:
        wrong, count = compare(options.headers, facts)
        for line in wrong:
            print(f"error: {line}")
        print(f"{count} declarations compared with the tables, {len(wrong)} differ")
        for objc in (False, True):
            failed, count = compile_asserts(options.headers, facts, objc)
            for line in failed:
                print(f"error: {line}")
            print(f"{count} static_asserts in {'Objective-C++' if objc else 'C++'}, {len(failed)} failed")
            status |= bool(failed)
        if wrong:
            print("A row that the full tables have is copied by: scripts/apple_facts.py --update FOLDER_OF_THE_TABLES")
            status = 1
    if options.mutations:
        status |= try_mutations(options.headers, facts, options.most)
    if options.table_mutations:
        status |= table_mutations(options.headers, facts, options.most)
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
