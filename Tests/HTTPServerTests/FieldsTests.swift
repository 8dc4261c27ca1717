import Testing

@testable import HTTPServer

struct FieldsTests {
    static let fields: Fields = ["A": "1", "b": " x, ,y\t,", "a": "2", "B": "z"]

    @Test func `names compare without case`() {
        #expect(Self.fields["a"] == "1")
        #expect(Self.fields.values(of: "A") == ["1", "2"])
        #expect(Self.fields["ab"] == nil)
        // Equal only to a comparison that masks a bit: '[' and '{', '@' and '`'.
        #expect((["[": "1", "@": "2"] as Fields)["{"] == nil)
        #expect((["[": "1", "@": "2"] as Fields)["`"] == nil)
    }

    @Test func `a list is read over all its fields, without empty members`() {
        #expect(Self.fields.list("b") == ["x", "y", "z"])
        #expect(Self.fields.list("c") == [])
    }

    @Test func `a field is added behind the others`() {
        var fields = Self.fields
        fields.add("a", "3")
        #expect(fields.values(of: "a") == ["1", "2", "3"])
        #expect(fields != Self.fields)
    }
}
