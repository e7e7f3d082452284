/**
 * Takes secrets out of a text, whatever it is: tokens wherever they stand, credentials of headers
 * and of URLs, and the values of headers that are secret by name. Meant for lines of JSON too.
 */
const replacements: readonly (readonly [RegExp, string])[] = [
  [/slw(?:_|%5f)[A-Za-z0-9_-]+/gi, 'slw_[redacted]'],
  [/whsec(?:_|%5f)[A-Za-z0-9+/=_-]+/gi, 'whsec_[redacted]'],
  [/\b(Basic|Bearer|Digest)(\s+|%20|\+)(?=[^\s"\\]{8})[A-Za-z0-9+/=._~%-]+/gi, '$1 [redacted]'],
  [/(:\/\/)[^/?#\s"'\\@]*@/g, '$1[redacted]@'],
  [/((?:authorization|cookie|slipway-entrance)"\s*[:,]\s*)"(?:[^"\\]|\\.)*"/gi, '$1"[redacted]"'],
  // The same as JSON within a text of JSON.
  [
    /((?:authorization|cookie|slipway-entrance)\\"\s*[:,]\s*)\\"(?:[^"\\]|\\\\.)*\\"/gi,
    '$1\\"[redacted]\\"',
  ],
  // The bytes of who knows what.
  [/\{"type":"Buffer","data":\[[0-9,]*\]\}/g, '"[bytes]"'],
]

export function redactSecrets(text: string): string {
  return replacements.reduce((known, [pattern, to]) => known.replace(pattern, to), text)
}
