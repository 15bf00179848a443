"""The part of JSON Schema that `/openapi.json` uses, both ways: values that fit, and what does not.

A keyword that is not known here is an error, so that a description never says more than is checked.
"""

import datetime
import re
import string

ANNOTATIONS = {"description"}
CHECKED = {"$ref", "allOf", "oneOf", "type", "enum", "const", "required", "properties",
           "additionalProperties", "unevaluatedProperties", "items", "maxItems", "minLength",
           "pattern", "format", "minimum", "maximum", "exclusiveMinimum"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
# What parsers get wrong more often than chance finds.
STRINGS = ["", " ", "a", "0", "-1", "null", "é", "\u202e", "\x00", "𝄞", "a" * 300, "../../etc",
           "%00", "{}", '"', "\\", "\r\nX: y", "1h", "2026-01-01T00:00:00Z", "1e999"]
INTEGERS = [0, 1, -1, 2**31, 2**53, 2**63 - 1, 2**63, -2**63, 10**30]
NUMBERS = [0.5, -0.0, 1e-320, 1e308, 123456.789]


def is_type(value, name):
    if name == "integer":
        whole = isinstance(value, float) and value.is_integer()
        return (isinstance(value, int) or whole) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def is_time(text):
    try:
        datetime.datetime.fromisoformat(re.sub(r"\.\d+", "", text).replace("Z", "+00:00"))
    except ValueError:
        return False
    return "T" in text


class Schemas:
    """The schemas of one OpenAPI document."""

    def __init__(self, document):
        self.named = document["components"]["schemas"]

    def resolve(self, schema):
        while "$ref" in schema:
            schema = self.named[schema["$ref"].rsplit("/", 1)[1]]
        unknown = set(schema) - CHECKED - ANNOTATIONS
        if unknown:
            raise AssertionError(f"the description uses {unknown}, which is not checked here")
        return schema

    def members(self, schema):
        """Name to schema of every named member, those of `allOf` too; and the required names."""
        schema = self.resolve(schema)
        properties, required = {}, set()
        for part in schema.get("allOf", []):
            more, needed = self.members(part)
            properties.update(more)
            required |= needed
        properties.update(schema.get("properties", {}))
        return properties, required | set(schema.get("required", []))

    def choices(self, schema):
        """Names of which exactly one must stand, for each `oneOf` that is about names."""
        parts = [schema, *(self.resolve(part) for part in schema.get("allOf", []))]
        return [[name for each in part["oneOf"] for name in each["required"]] for part in parts
                if all(set(each) == {"required"} for each in part.get("oneOf", [{}]))]

    def faults(self, schema, value, at="$"):
        """What of `value` the schema forbids, as texts; empty if it fits."""
        schema = self.resolve(schema)
        if "oneOf" in schema and not self.choices(schema):
            fits = [each for each in schema["oneOf"] if not self.faults(each, value, at)]
            return [] if len(fits) == 1 else [f"{at}: fits {len(fits)} of {schema['oneOf']}"]
        types = schema.get("type", [])
        types = [types] if isinstance(types, str) else types
        if types and not any(is_type(value, each) for each in types):
            return [f"{at}: {value!r} is no {types}"]
        found = [f"{at}: {value!r} breaks {name} of {schema[name]!r}"
                 for name in schema if not self.holds(name, schema, value)]
        if isinstance(value, dict):
            found += self.member_faults(schema, value, at)
        if isinstance(value, list) and "items" in schema:
            for i, each in enumerate(value):
                found += self.faults(schema["items"], each, f"{at}[{i}]")
        return found

    @staticmethod
    def holds(name, schema, value):
        """Whether one keyword about the value itself is kept; those about members are not here."""
        wanted = schema[name]
        number = is_type(value, "number")
        text = isinstance(value, str)
        return {
            "enum": lambda: value in wanted,
            "const": lambda: value == wanted,
            "minimum": lambda: not number or value >= wanted,
            "maximum": lambda: not number or value <= wanted,
            "exclusiveMinimum": lambda: not number or value > wanted,
            "minLength": lambda: not text or len(value) >= wanted,
            "pattern": lambda: not text or re.search(wanted, value) is not None,
            "format": lambda: not text or is_time(value),
            "maxItems": lambda: not isinstance(value, list) or len(value) <= wanted,
        }.get(name, lambda: True)()

    def member_faults(self, schema, value, at):
        properties, required = self.members(schema)
        found = [f"{at}: {name} is missing" for name in sorted(required - set(value))]
        found += [f"{at}: expected one of {names}" for names in self.choices(schema)
                  if len(set(names) & set(value)) != 1]
        closed = schema.get("unevaluatedProperties", True) is False
        other = False if closed else schema.get("additionalProperties", True)
        for name, each in value.items():
            if name in properties:
                found += self.faults(properties[name], each, f"{at}.{name}")
            elif other is False:
                found.append(f"{at}: {name} is not known")
            elif isinstance(other, dict):
                found += self.faults(other, each, f"{at}.{name}")
        return found

    def example(self, schema, draw, words, name=""):
        """A value that fits. `words`: by the name of a member, values that also mean something."""
        schema = self.resolve(schema)
        likely = [each for each in words.get(name, []) if not self.faults(schema, each)]
        if likely and draw.random() < 0.9:
            return draw.choice(likely)
        if "enum" in schema:
            return draw.choice(schema["enum"])
        if "oneOf" in schema and not self.choices(schema):
            return self.example(draw.choice(schema["oneOf"]), draw, words)
        kind = schema.get("type", "object")
        kind = draw.choice(kind) if isinstance(kind, list) else kind
        if kind == "object":
            return self.example_object(schema, draw, words)
        if kind == "array":
            return [self.example(schema["items"], draw, words) for _ in range(draw.randrange(4))]
        return self.example_scalar(kind, schema, draw)

    def example_object(self, schema, draw, words):
        properties, required = self.members(schema)
        chosen = {name for name in properties if name in required or draw.random() < 0.3}
        for names in self.choices(schema):
            chosen = chosen - set(names) | {draw.choice(names)}
        value = {name: self.example(properties[name], draw, words, name)
                 for name in properties if name in chosen}
        if not properties:
            value = {draw.choice(string.ascii_letters): anything(draw, 3)}
        return value

    @staticmethod
    def example_scalar(kind, schema, draw):
        if kind == "boolean":
            return draw.random() < 0.5
        if kind in ("integer", "number"):
            low, high = schema.get("minimum", 0), schema.get("maximum", 10**6)
            return draw.choice([low, high, draw.randint(low, min(high, low + 1000))])
        if schema.get("format") == "date-time":
            return f"2026-0{draw.randint(1, 9)}-01T00:00:00Z"
        if "pattern" in schema:
            return draw.choice(["1.5", "12", "drill:x"])
        return draw.choice(STRINGS[2:12]) + draw.choice(string.ascii_letters)


def without_nulls(value):
    """A member that is null counts as absent."""
    if isinstance(value, dict):
        return {name: without_nulls(each) for name, each in value.items() if each is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value


def anything(draw, depth):
    """Any JSON value."""
    kind = draw.randrange(8 if depth else 6)
    if kind == 6:
        return [anything(draw, depth - 1) for _ in range(draw.randrange(4))]
    if kind == 7:
        return {draw.choice(STRINGS): anything(draw, depth - 1) for _ in range(draw.randrange(4))}
    return draw.choice([None, draw.random() < 0.5, draw.choice(INTEGERS), draw.choice(NUMBERS),
                        draw.choice(STRINGS), draw.choice(STRINGS)])


def changed(value, draw):
    """A copy with one change somewhere: of a value, a name, or the number of members."""
    if isinstance(value, dict) and value and draw.random() < 0.9:
        name = draw.choice(sorted(value))
        copy = {**value, name: changed(value[name], draw)}
        how = draw.randrange(4)
        if how == 0:
            del copy[name]
        elif how == 1:
            copy = {**value, draw.choice(STRINGS): anything(draw, 2)}
        return copy
    if isinstance(value, list) and value and draw.random() < 0.7:
        at = draw.randrange(len(value))
        return value[:at] + [changed(value[at], draw)] + value[at + 1:]
    return anything(draw, 3)
