//! The requests of AuthZEN (Authorization API 1.0 §6.1, §7.1), by the table in `lib.rs`.

use serde_json::{Map, Value, json};
use toolgate_core::clock::UnixTime;
use toolgate_oauth::policy::PolicyRequest;

/// The evaluation of one question.
pub(crate) fn evaluation(request: &PolicyRequest<'_>) -> Map<String, Value> {
    let mut evaluation = shared(request);
    evaluation.append(&mut own(request));
    evaluation
}

/// The evaluations of several questions. The subject and the context of the first are the defaults
/// of all (§7.1.1); a question that differs from the defaults repeats its own.
pub(crate) fn evaluations(requests: &[&PolicyRequest<'_>]) -> Map<String, Value> {
    let mut all = requests.first().map(|one| shared(one)).unwrap_or_default();
    let each = requests.iter().map(|one| {
        let (mut own, mut shared) = (own(one), shared(one));
        if shared != all {
            own.append(&mut shared);
        }
        Value::Object(own)
    });
    let each: Value = each.collect();
    all.insert("evaluations".to_owned(), each);
    let options = json!({"evaluations_semantic": "execute_all"});
    all.insert("options".to_owned(), options);
    all
}

/// The subject and the context, which all questions of one request share.
fn shared(request: &PolicyRequest<'_>) -> Map<String, Value> {
    let mut shared = Map::new();
    shared.insert("subject".to_owned(), subject(request));
    shared.insert("context".to_owned(), context(request));
    shared
}

/// The action and the resource.
fn own(request: &PolicyRequest<'_>) -> Map<String, Value> {
    let resource = request.resource();
    let mut action = json!({"name": request.action()});
    if request.is_listing() {
        action["properties"] = json!({"list": true});
    }
    let mut properties = json!({"item": resource.item()});
    if !resource.arguments().is_empty() {
        let arguments = resource.arguments().iter();
        let arguments = arguments.map(|(name, value)| ((*name).to_owned(), (*value).clone()));
        properties["arguments"] = Value::Object(arguments.collect());
    }
    let mut own = Map::new();
    own.insert("action".to_owned(), action);
    own.insert(
        "resource".to_owned(),
        json!({"type": resource.kind().as_str(), "id": resource.id(), "properties": properties}),
    );
    own
}

fn subject(request: &PolicyRequest<'_>) -> Value {
    let Some(claims) = request.claims() else {
        return json!({"type": "anonymous", "id": "anonymous"});
    };
    let (kind, id) = match (claims.subject(), claims.client_id()) {
        (Some(subject), _) => ("identity", subject),
        (None, client) => ("client", client.unwrap_or_default()),
    };
    let actors = claims.actors().iter();
    let actors: Vec<_> = actors
        .map(|actor| {
            let issuer = actor.issuer().unwrap_or(claims.issuer());
            json!({"subject": actor.subject(), "issuer": issuer})
        })
        .collect();
    let roles: Vec<_> = claims.roles().collect();
    let mut properties = json!({"issuer": claims.issuer(), "roles": roles, "actors": actors});
    if let Some(client) = claims.client_id() {
        properties["client_id"] = client.into();
    }
    json!({"type": kind, "id": id, "properties": properties})
}

fn context(request: &PolicyRequest<'_>) -> Value {
    let mut context = json!({"time": rfc_3339(request.time())});
    let client = request.claims().and_then(|claims| claims.client_id());
    for (name, text) in [
        ("agent", client),
        ("session", request.session()),
        ("acr", request.acr()),
    ] {
        if let Some(text) = text {
            context[name] = text.into();
        }
    }
    context
}

/// Returns a time in the form of RFC 3339.
fn rfc_3339(time: UnixTime) -> String {
    let (days, second) = (time.seconds() / 86_400, time.seconds() % 86_400);
    // Days since 1 March of year 0, in eras of 400 years: a leap day is the last day of its year.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = match month_from_march {
        0..10 => month_from_march + 3,
        _ => month_from_march - 9,
    };
    let year = 400 * era + year_of_era + u64::from(month <= 2);
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}Z",
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_calendar_has_them() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_798_761_599, "2026-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc_3339(UnixTime::from_seconds(seconds)), text);
        }
    }
}
