/// The `Date` field (RFC 9110 §5.6.7), written once a second.
struct HTTPDate {
    private var second = Int.min
    private var value: [UInt8] = []

    /// What the field says at a second since 1970, UTC.
    mutating func bytes(at second: Int) -> [UInt8] {
        if second != self.second {
            self.second = second
            value = Array(Self.text(second).utf8)
        }
        return value
    }

    /// IMF-fixdate, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func text(_ second: Int) -> String {
        let (days, rest) = floorDivide(second, 86_400)
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]  // 1 January 1970 first
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let (year, month, day) = date(days)
        return "\(weekdays[floorDivide(days, 7).1]), \(two(day)) \(months[month - 1]) \(year) "
            + "\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60)) GMT"
    }

    /// The Gregorian date of a day counted from 1 January 1970.
    ///
    /// Years are counted from March, so that the leap day is the last of its year; an era is 400
    /// years, which have 146,097 days.
    private static func date(_ day: Int) -> (year: Int, month: Int, day: Int) {
        let (era, dayOfEra) = floorDivide(day + 719_468, 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let fromMarch = (5 * dayOfYear + 2) / 153
        let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
            dayOfYear - (153 * fromMarch + 2) / 5 + 1
        )
    }

    private static func floorDivide(_ value: Int, _ by: Int) -> (Int, Int) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: by)
        return remainder < 0 ? (quotient - 1, remainder + by) : (quotient, remainder)
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
