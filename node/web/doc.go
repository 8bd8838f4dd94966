// Package web is the one HTTP listener: on loopback, for programs on the same
// computer, such as calendars. It owns what every request must pass before
// anything of the person's is asked, and knows nothing of what is served.
//
// A request has to name exactly the address that is listened on: a page on the
// web whose name is made to lead here (DNS rebinding) names its own. One that a
// browser sends for another site is refused, by Origin and Sec-Fetch-Site where
// they are sent. While the vault is locked everything is 503.
//
// On Linux it takes connections from processes of the same user alone: a port on
// loopback is open to everybody who has an account on the computer.
//
// What it refuses: any address that is not loopback; names in place of
// addresses, since what a name leads to can change; HTTP/2, which would be more
// to bound. It writes no log of requests: paths are secrets.
package web
