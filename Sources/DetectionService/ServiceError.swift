internal import Batching
internal import Detection
internal import HTTPServer
internal import Imaging

/// Everything that `/detect` and the other routes refuse: the one table from an error to its status,
/// its code, its public words and its level in the log.
///
/// Nothing else chooses a status. Public words never hold a path of this machine, an address or an
/// internal name. What they quote of a client's own text is cut short.
enum ServiceError: Error, Equatable {
    // What HTTP or the routes refuse.
    case http(Refusal)
    case noSuchPath(String)
    case methodNotAllowed(String, allowed: [String])
    /// There is no key, or one that nobody holds.
    case unauthorized(isWrong: Bool)
    /// The key is for detection alone.
    case forbidden
    /// A stranger could reach it, and there is neither key nor door.
    case administrationClosed
    case unsupportedType(String)

    // What is wrong with a body.
    case emptyBody
    case malformedJSON(JSONError)
    case noJSONObject
    case fieldType(String, expected: String)
    case unknownField(String)
    case missingPicture(fields: [String])
    case emptyPicture(String)
    case malformedBase64(field: String, Base64Error)
    case dataURI(field: String)
    case tooManyPictures(max: Int)

    // What is wrong with an option.
    case unknownOption(String)
    case repeatedOption(String)
    case optionForm(String, expected: String)
    case option(OptionError)
    case annotationOfSeveral
    case annotationTooLong(sideMax: Int)
    case invalidTimeout(String)

    // What is wrong with a picture; `place` says which one, where there are several.
    case picture(DecodeError, place: String?)

    // Why the model was not replaced.
    case reloading
    case unusableModel(String)

    // What is wrong with us.
    case notReady
    case draining
    case overloaded(Overloaded)
    /// No worker came to it in the time that the client gives.
    case deadlineExceeded
    /// Words for the log alone.
    case failed(String)
    /// The client has gone; nobody reads the answer.
    case abandoned
}

extension ServiceError {
    /// What the client is told.
    var problem: Problem {
        switch self {
        case .http(let refusal):
            Problem(
                status: refusal.status, code: refusal.code, detail: refusal.detail,
                fields: refusal.fields)
        case .noSuchPath(let path):
            Problem(
                status: 404, code: "not_found",
                detail: "There is nothing at \(path.quoted). Pictures go to POST /detect;"
                    + " /openapi.yaml describes the rest.")
        case .methodNotAllowed(let method, let allowed):
            Problem(
                status: 405, code: "method_not_allowed",
                detail: "The method \(method.quoted) does nothing here; use"
                    + " \(allowed.joined(separator: ", ")).",
                fields: ["Allow": allowed.joined(separator: ", ")])
        case .unauthorized(let isWrong):
            // RFC 6750 §3: an error is named only where a key was shown.
            Problem(
                status: 401, code: "unauthorized",
                detail: isWrong
                    ? "The key is not known here."
                    : "A key is needed: 'Authorization: Bearer KEY' or 'X-API-Key: KEY'.",
                fields: [
                    "WWW-Authenticate": "Bearer realm=\"dynadetect\""
                        + (isWrong ? ", error=\"invalid_token\"" : "")
                ])
        case .forbidden:
            Problem(
                status: 403, code: "forbidden",
                detail: "The key is for detection alone; this needs an administrator's.")
        case .administrationClosed:
            Problem(
                status: 403, code: "administration_closed",
                detail:
                    "The service can be reached from other machines and has neither --api-keys nor"
                    + " --admin-port, so nobody may do this.")
        case .unsupportedType(let type):
            Problem(
                status: 415, code: "unsupported_media_type",
                detail: "The Content-Type \(type.quoted) is not accepted. Send a JPEG, PNG or WebP"
                    + " as image/* or application/octet-stream, multipart/form-data with a field"
                    + " 'image', or application/json with a base64 'image'.",
                fields: ["Accept": DetectBody.acceptedTypes])
        case .emptyBody:
            Problem(
                status: 400, code: "empty_body",
                detail: "The body is empty; it should be a picture, a form or JSON.")
        case .malformedJSON(let error):
            Problem(
                status: 400, code: "malformed_json",
                detail: "The body is not JSON at byte \(error.offset): \(error.reason).")
        case .noJSONObject:
            Problem(
                status: 400, code: "malformed_json",
                detail: "The body should be a JSON object such as {\"image\": \"<base64>\"}.")
        case .fieldType(let name, let expected):
            Problem(
                status: 400, code: "invalid_field",
                detail: "The field \(name.quoted) should be \(expected).")
        case .unknownField(let name):
            Problem(
                status: 400, code: "unknown_field",
                detail: "The field \(name.quoted) is not known. Fields are 'image' and the options"
                    + " \(OptionReader.names.joined(separator: ", ")).")
        case .missingPicture(let fields):
            Problem(
                status: 400, code: "missing_image",
                detail: "There is no picture: the field 'image' is missing."
                    + (fields.isEmpty
                        ? ""
                        : " The fields sent are \(fields.map(\.quoted).joined(separator: ", "))."))
        case .emptyPicture(let place):
            Problem(
                status: 400, code: "empty_image", detail: "\(place.capitalisedFirst) is empty.")
        case .malformedBase64(let field, let error):
            Problem(
                status: 400, code: "malformed_base64",
                detail: "The field \(field.quoted) is not base64: \(error.words).")
        case .dataURI(let field):
            Problem(
                status: 400, code: "malformed_data_uri",
                detail: "The field \(field.quoted) should be base64, or a data: URI that says"
                    + " ';base64,'.")
        case .tooManyPictures(let max):
            Problem(
                status: 413, code: "too_many_images",
                detail: "The request holds more pictures than the \(max) that are accepted at once."
            )

        case .unknownOption(let name):
            Problem(
                status: 400, code: "unknown_option",
                detail: "The option \(name.quoted) is not known. Options are"
                    + " \(OptionReader.names.joined(separator: ", ")).")
        case .repeatedOption(let name):
            Problem(
                status: 400, code: "invalid_option",
                detail: "The option \(name.quoted) is given twice.")
        case .optionForm(let name, let expected):
            Problem(
                status: 400, code: "invalid_option",
                detail: "The option \(name.quoted) should be \(expected).")
        case .option(let error): error.problem
        case .annotationOfSeveral:
            Problem(
                status: 406, code: "not_acceptable",
                detail: "An annotated picture (Accept: image/jpeg) is made of one picture; for"
                    + " several, accept application/json.")
        case .annotationTooLong(let sideMax):
            Problem(
                status: 406, code: "not_acceptable",
                detail: "An annotated picture (Accept: image/jpeg) has sides of at most \(sideMax)"
                    + " pixels; for this one, accept application/json.")
        case .invalidTimeout(let value):
            Problem(
                status: 400, code: "invalid_timeout",
                detail:
                    "\(RequestTimeout.fieldName) is \(value.quoted); it should be seconds such as"
                    + " 2.5, above 0, at most 3600, and said once.")

        case .picture(let error, let place): error.problem(place: place ?? "the picture")

        case .reloading:
            Problem(
                status: 409, code: "reload_in_progress",
                detail: "Another reload has not ended yet.", fields: ["Retry-After": "1"])
        case .unusableModel(let reason):
            // For who runs the service: the one place where its own words may be said.
            Problem(
                status: 422, code: "unusable_model",
                detail: "The old model still serves: \(reason.printable)", level: .error)

        case .notReady:
            Problem(
                status: 503, code: "not_ready", detail: "The model is being warmed up.",
                level: .warning, fields: ["Retry-After": "1"])
        case .draining, .overloaded(.draining):
            Problem(
                status: 503, code: "draining", detail: "The service is shutting down.",
                level: .warning, fields: ["Retry-After": "1"])
        case .overloaded(.places(let wait)):
            .overload(
                "overloaded", "Too many pictures are waiting; try again later.", after: wait)
        case .overloaded(.bytes(let wait)):
            .overload(
                "overloaded_bytes", "Too many bytes are waiting; try again later.", after: wait)
        case .overloaded(.time(let wait)):
            .overload(
                "deadline_unreachable",
                "No worker would be free in the time you give; try again later, or give more time.",
                after: wait)
        case .deadlineExceeded:
            Problem(
                status: 504, code: "deadline_exceeded",
                detail: "No worker was free in the time you gave.", level: .warning)
        case .failed:
            Problem(
                status: 500, code: "internal_error",
                detail: "The picture could not be worked on; the log says why.", level: .error)
        case .abandoned:
            // Not in any RFC, but what proxies' logs call it.
            Problem(status: 499, code: "client_closed_request", detail: "The client has gone.")
        }
    }
}

extension OptionError {
    fileprivate var problem: Problem {
        switch self {
        case .outOfRange:
            Problem(status: 400, code: "invalid_option", detail: "The option \(self).")
        case .unknownClass:
            Problem(status: 400, code: "unknown_class", detail: "\(self)".capitalisedFirst + ".")
        }
    }
}

extension DecodeError {
    fileprivate func problem(place: String) -> Problem {
        let (status, code): (Int, String) =
            switch self {
            case .empty: (400, "empty_image")
            case .unsupported: (415, "unsupported_image")
            case .truncated: (422, "truncated_image")
            case .corrupt: (422, "corrupt_image")
            case .tooManyPixels: (413, "too_many_pixels")
            case .tooManyScans: (422, "too_many_scans")
            }
        return Problem(
            status: status, code: code, detail: "\(place.capitalisedFirst) \(words).")
    }
}

extension PredictionError {
    /// What is wrong, to stand behind what the picture is called.
    var words: String {
        switch self {
        case .picture(let error): error.words
        case .network(let reason): "could not be run through the network: \(reason)"
        case .annotation(.tooLong(let sideMax)):
            "could not be drawn on: a side of a JPEG is at most \(sideMax) pixels"
        case .annotation(.failed(let reason)): "could not be drawn on: \(reason)"
        case .cancelled: "was given up"
        }
    }
}

extension DecodeError {
    fileprivate var words: String {
        switch self {
        case .empty: "is empty"
        case .unsupported(let found?): "is \(found); JPEG, PNG and WebP are accepted"
        case .unsupported(nil): "is not a JPEG, PNG or WebP"
        case .truncated: "ends early: a part of its file is missing"
        case .corrupt(let reason): "is damaged: \(reason.shortened)"
        case .tooManyPixels(let size, let max):
            "has \(size.width) x \(size.height) pixels; at most \(max) in all are accepted"
        case .tooManyScans: "has more progressive scans than are accepted"
        }
    }
}

extension Base64Error {
    fileprivate var words: String {
        switch self {
        case .character(let offset): "the character at \(offset) has no place there"
        case .length: "it ends inside a group of four"
        }
    }
}
