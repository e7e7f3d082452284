/** nginx's own words: the first line of its output that says why it can't. */
export function firstComplaint(output: string): string | null {
  const line = output
    .split('\n')
    .find((candidate) => /\[(?:emerg|crit|alert|error)\]/.test(candidate))
  if (line === undefined) return null
  return line
    .replace(/^.*\[(?:emerg|crit|alert|error)\]\s*/, '')
    .replace(/^[0-9]+#[0-9]+:\s*/, '')
    .slice(0, 500)
}
