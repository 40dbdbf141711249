/**
 * True where two addresses belong to one site, so that what is secret to one may be told the other: the same host, or
 * hosts with the same last two labels (`api.pantahub.com`, `pvr.pantahub.com`); a secret of https never goes to http.
 */
export function sameSite(address: string, secretOf: string): boolean {
  if (!URL.canParse(address) || !URL.canParse(secretOf)) return false;
  const [to, from] = [new URL(address), new URL(secretOf)];
  if (from.protocol === "https:" && to.protocol !== "https:") return false;
  if (to.hostname === from.hostname) return true;
  const isName = (host: string): boolean => /[a-z]$/i.test(host) && host.includes(".");
  // Below a country anybody may have a name of `co.uk`, `com.au` and the like: there one label more counts.
  const site = (host: string): string =>
    host
      .split(".")
      .slice(/\.[a-z]{2,3}\.[a-z]{2}$/i.test(`.${host}`) ? -3 : -2)
      .join(".");
  return isName(to.hostname) && isName(from.hostname) && site(to.hostname) === site(from.hostname);
}
