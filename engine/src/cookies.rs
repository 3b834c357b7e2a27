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
}

impl Jar {
    /// Applies the value of a `Set-Cookie` header in the response to a request for `path`.
    ///
    /// Invalid cookies are ignored. Max-Age 0, or an Expires in 1970, deletes a cookie. Both have
    /// no other effect.
    pub fn take(&mut self, set_cookie: &[u8], path: &str) {
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
        };
        let index = self.cookies.iter().position(|old| old.is_same(&stored));
        match (index, is_expired(&cookie)) {
            (Some(index), true) => drop(self.cookies.remove(index)),
            (Some(index), false) => self.cookies[index] = stored,
            (None, true) => {}
            (None, false) => self.cookies.push(stored),
        }
    }

    /// The header line for a request for `path`. None if no cookie applies.
    pub fn header(&self, path: &str, encrypted: bool) -> Option<String> {
        let mut applicable: Vec<_> =
            self.cookies.iter().filter(|cookie| cookie.applies(path, encrypted)).collect();
        if applicable.is_empty() {
            return None;
        }
        applicable.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<_> =
            applicable.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        Some(format!("Cookie: {}\r\n", pairs.join("; ")))
    }
}

impl StoredCookie {
    fn is_same(&self, other: &Self) -> bool {
        (&self.name, &self.path) == (&other.name, &other.path)
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

fn is_expired(cookie: &Cookie) -> bool {
    cookie.max_age().is_some_and(|age| !age.is_positive())
        || cookie.expires_datetime().is_some_and(|when| when.year() <= 1970)
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

    fn jar(cookies: &[&str]) -> Jar {
        let mut jar = Jar::default();
        for cookie in cookies {
            jar.take(cookie.as_bytes(), "/shop/cart?x=/y/z");
        }
        jar
    }

    fn header(cookies: &[&str], path: &str) -> Option<String> {
        jar(cookies).header(path, false)
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
        let expired = "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
        assert_eq!(header(&["a=1", expired], "/shop/"), None);
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
        assert_eq!(jar.header("/shop/", false), None);
        assert!(jar.header("/shop/", true).is_some());
    }

    #[test]
    fn what_is_no_cookie_is_ignored() {
        assert_eq!(header(&["", "novalue", "=x"], "/shop/"), None);
        jar(&[]).take(b"a=\xff", "/");
    }
}
