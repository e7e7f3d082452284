/** Which headers a project may set or take away by `_headers`, and why not the others. */
import { quote, RuleMistake } from './rule-lines.ts'

const ofTheConnection = 'belongs to the connection, and nginx says it'
const ofTheFile = 'is told by the file that is sent'

const refusedNames: Readonly<Record<string, string>> = {
  Connection: ofTheConnection,
  'Keep-Alive': ofTheConnection,
  'Proxy-Authenticate': ofTheConnection,
  'Proxy-Connection': ofTheConnection,
  Te: ofTheConnection,
  Trailer: ofTheConnection,
  'Transfer-Encoding': ofTheConnection,
  Upgrade: ofTheConnection,
  'Accept-Ranges': ofTheFile,
  'Content-Encoding': ofTheFile,
  'Content-Length': ofTheFile,
  'Content-Range': ofTheFile,
  'Content-Type': `${ofTheFile}, by the end of its name`,
  Etag: ofTheFile,
  'Last-Modified': ofTheFile,
  Vary: 'is told by how the file is sent',
  Date: 'is told by nginx',
  Server: 'is told by nginx',
  Status: 'is no header of an answer',
  'Alt-Svc': 'would lead visitors past this server',
  'Basic-Auth': 'protects nothing here: passwords are not looked at',
  'Clear-Site-Data': 'would take the cookies of other sites of the same domain, too',
  Location: 'is what _redirects is for',
  'Set-Cookie': 'would reach other sites of the same domain; set it by a script',
  'Strict-Transport-Security': "is the operator's choice, for all sites at once",
}

/** In the form `X-Frame-Options`. Throws `RuleMistake`. */
export function parseHeaderName(text: string): string {
  if (!/^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(text)) {
    throw new RuleMistake(
      `${quote(text)} is no name of a header; it begins with a letter, and has up to 64 of A-Z, a-z, 0-9 and "-"`,
    )
  }
  const name = text.toLowerCase().replace(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase())
  const reason = name.startsWith('X-Accel-')
    ? 'is for nginx, and not for visitors'
    : Object.hasOwn(refusedNames, name)
      ? refusedNames[name]
      : undefined
  if (reason !== undefined)
    throw new RuleMistake(`${text} can not be set or taken away: it ${reason}`)
  return name
}
