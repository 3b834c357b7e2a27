//! The cookie jar of one virtual user.

use cookie::Cookie;

/// The cookies that a server has set (RFC 6265, without domains: a user has one server).
#[derive(Clone, Debug, Default)]
pub struct Jar {
    cookies: Vec<StoredCookie>,
}

#[derive(Clone, Debug)]
struct StoredCookie {
    name: String,
    value: String,
    path: String,
    secure: bool,
    /// From this second of the clock of the day on it is gone; None: it lasts.
    expires_s: Option<i64>,
}

impl Jar {
    /// Applies the value of a `Set-Cookie` header in the response to a request for `path`.
    ///
    /// Invalid cookies are ignored. A cookie that has expired by `now_s`, seconds since 1970, is
    /// deleted. A Max-Age wins over an Expires (RFC 6265, 5.3).
    pub fn take(&mut self, set_cookie: &[u8], path: &str, now_s: i64) {
        let Ok(text) = std::str::from_utf8(set_cookie) else { return };
        let Ok(cookie) = Cookie::parse(text) else { return };
        let stored = StoredCookie {
            name: cookie.name().into(),
            value: cookie.value().into(),
            path: cookie
                .path()
                .filter(|path| path.starts_with('/'))
                .map_or_else(|| default_path(path).into(), Into::into),
            secure: cookie.secure() == Some(true),
            expires_s: expires_s(&cookie, now_s),
        };
        let index = self.cookies.iter().position(|old| old.is_same(&stored));
        let is_expired = stored.is_expired(now_s);
        match (index, is_expired) {
            (Some(index), true) => drop(self.cookies.remove(index)),
            (Some(index), false) => self.cookies[index] = stored,
            (None, true) => {}
            (None, false) => self.cookies.push(stored),
        }
    }

    /// The header line for a request for `path` at `now_s`. None if no cookie applies.
    pub fn header(&self, path: &str, encrypted: bool, now_s: i64) -> Option<String> {
        self.value(path, encrypted, now_s).map(|value| format!("Cookie: {value}\r\n"))
    }

    /// The value of that header.
    pub fn value(&self, path: &str, encrypted: bool, now_s: i64) -> Option<String> {
        let applies =
            |cookie: &&StoredCookie| cookie.applies(path, encrypted) && !cookie.is_expired(now_s);
        let mut applicable: Vec<_> = self.cookies.iter().filter(applies).collect();
        if applicable.is_empty() {
            return None;
        }
        applicable.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<_> =
            applicable.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        Some(pairs.join("; "))
    }
}

impl StoredCookie {
    fn is_same(&self, other: &Self) -> bool {
        (&self.name, &self.path) == (&other.name, &other.path)
    }

    fn is_expired(&self, now_s: i64) -> bool {
        self.expires_s.is_some_and(|expires_s| expires_s <= now_s)
    }

    fn applies(&self, path: &str, encrypted: bool) -> bool {
        let path = without_query(path);
        let below = path.strip_prefix(self.path.as_str());
        (encrypted || !self.secure)
            && below.is_some_and(|rest| {
                rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/')
            })
    }
}

fn expires_s(cookie: &Cookie, now_s: i64) -> Option<i64> {
    match cookie.max_age() {
        Some(age) => Some(now_s.saturating_add(age.whole_seconds())),
        None => cookie.expires_datetime().map(cookie::time::OffsetDateTime::unix_timestamp),
    }
}

fn default_path(path: &str) -> &str {
    let path = without_query(path);
    match path.rfind('/') {
        None | Some(0) => "/",
        Some(end) => &path[..end],
    }
}

fn without_query(path: &str) -> &str {
    path.split_once('?').map_or(path, |(path, _)| path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Friday, 15 January 2027, 08:00:00 GMT.
    const NOW_S: i64 = 1_800_000_000;

    fn jar(cookies: &[&str]) -> Jar {
        let mut jar = Jar::default();
        for cookie in cookies {
            jar.take(cookie.as_bytes(), "/shop/cart?x=/y/z", NOW_S);
        }
        jar
    }

    fn header(cookies: &[&str], path: &str) -> Option<String> {
        jar(cookies).header(path, false, NOW_S)
    }

    #[test]
    fn what_was_set_is_sent_back() {
        let sent = header(&["a=1; Path=/; HttpOnly; SameSite=Lax", "b=2; Path=/"], "/x");
        assert_eq!(sent.as_deref(), Some("Cookie: a=1; b=2\r\n"));
        assert_eq!(header(&[], "/x"), None);
    }

    #[test]
    fn a_later_value_replaces_an_earlier_one_and_an_age_of_nothing_deletes() {
        assert_eq!(header(&["a=1", "a=2"], "/shop/").as_deref(), Some("Cookie: a=2\r\n"));
        assert_eq!(header(&["a=1", "a=; Max-Age=0"], "/shop/"), None);
    }

    #[test]
    fn a_cookie_expires_by_the_clock_and_its_max_age_wins_over_its_date() {
        for (attributes, is_kept) in [
            ("Expires=Thu, 01 Jan 1970 00:00:00 GMT", false),
            ("Expires=Fri, 15 Jan 2027 07:59:59 GMT", false),
            ("Expires=Fri, 15 Jan 2027 08:00:00 GMT", false),
            ("Expires=Fri, 15 Jan 2027 08:00:01 GMT", true),
            ("Max-Age=-1", false),
            ("Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", true),
            ("Max-Age=0; Expires=Sat, 15 Jan 2028 08:00:00 GMT", false),
            ("Expires=soon", true),
        ] {
            let replaced = header(&["a=1", &format!("a=2; {attributes}")], "/shop/");
            assert_eq!(replaced.as_deref(), is_kept.then_some("Cookie: a=2\r\n"), "{attributes}");
        }
    }

    #[test]
    fn a_cookie_is_sent_until_its_age_is_reached() {
        let jar = jar(&["a=1; Max-Age=60"]);
        assert!(jar.header("/shop/", false, NOW_S + 59).is_some());
        assert_eq!(jar.header("/shop/", false, NOW_S + 60), None);
    }

    #[test]
    fn a_cookie_goes_with_its_path_and_what_lies_below() {
        for (path, fits) in
            [("/shop", true), ("/shop/x?q", true), ("/shopping", false), ("/", false)]
        {
            assert_eq!(header(&["a=1"], path).is_some(), fits, "{path}");
            assert!(header(&["a=1; Path=/"], path).is_some(), "{path}");
        }
    }

    #[test]
    fn the_longest_path_comes_first() {
        let sent = header(&["a=1; Path=/", "b=2; Path=/shop"], "/shop/x");
        assert_eq!(sent.as_deref(), Some("Cookie: b=2; a=1\r\n"));
    }

    #[test]
    fn a_secure_cookie_is_for_encrypted_connections() {
        let jar = jar(&["a=1; Secure"]);
        assert_eq!(jar.header("/shop/", false, NOW_S), None);
        assert!(jar.header("/shop/", true, NOW_S).is_some());
    }

    #[test]
    fn what_is_no_cookie_is_ignored() {
        assert_eq!(header(&["", "novalue", "=x"], "/shop/"), None);
        jar(&[]).take(b"a=\xff", "/", NOW_S);
    }
}
