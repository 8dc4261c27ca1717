/// What one client may cost the server. Each value has a unit, a default and a reason.
package struct Limits: Sendable, Equatable {
    package var headerBytesMax = 16 * 1024
    package var connectionsMax = 1024
    package var headerTime: Duration = .seconds(10)
    package var bodyTime: Duration = .seconds(60)
    package var idleTime: Duration = .seconds(60)
    package var writeTime: Duration = .seconds(30)
    package init() {}
}
