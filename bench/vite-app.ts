/**
 * The Vite apps that are pushed here: the fixture as it is, and one with what a team's app has,
 * pages by the dozen and the packages that they use.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Files } from './pusher.ts'

const fixture = resolve(import.meta.dirname, '../test/fixtures/vite-react')

/** The app of the fixture: a page, a chunk of its own and a picture; 19 modules. */
export async function readSmallApp(): Promise<Files> {
  const entries = await readdir(fixture, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const files = await Promise.all(
    paths.map(async (path) => [path.slice(fixture.length + 1), await readFile(path, 'utf8')]),
  )
  return { '.gitignore': 'node_modules\ndist*\n', ...(Object.fromEntries(files) as Files) }
}

/**
 * The same with so many pages more, each a module, and the packages that they use, some 3,500
 * modules. Its lock file knows nothing of those yet.
 */
export async function buildTeamApp(pages: number): Promise<Files> {
  const files = await readSmallApp()
  const described = JSON.parse(files['package.json'] ?? '') as { dependencies: object }
  const dependencies = { ...described.dependencies, ...packages }
  const numbers = Array.from({ length: pages }, (_page, number) => number)
  return {
    ...files,
    'package.json': `${JSON.stringify({ ...described, dependencies }, null, 2)}\n`,
    'src/main.jsx': `${files['src/main.jsx'] ?? ''}\nimport './pages/routes.jsx'\n`,
    'src/pages/routes.jsx': renderRoutes(numbers),
    ...Object.fromEntries(
      numbers.map((number) => [`src/pages/Berth${number}.jsx`, renderPage(number)]),
    ),
  }
}

const packages = {
  '@emotion/react': '11.14.0',
  '@emotion/styled': '11.14.1',
  '@mui/material': '9.5.0',
  '@tanstack/react-query': '5.108.0',
  'date-fns': '4.4.0',
  'lucide-react': '1.77.0',
  'react-router': '8.5.1',
}

function renderRoutes(numbers: readonly number[]): string {
  const imports = numbers.map((number) => `import { Berth${number} } from './Berth${number}.jsx'`)
  const routes = numbers.map(
    (number) => `  { path: '/berths/${number}', element: <Berth${number} name="Harbour" /> },`,
  )
  return `import { createBrowserRouter } from 'react-router'
${imports.join('\n')}

window.router = createBrowserRouter([
${routes.join('\n')}
])
`
}

function renderPage(number: number): string {
  return `import { useState } from 'react'
import { Box, Button, Card, CardContent, Stack, TextField, Typography } from '@mui/material'
import { useQuery } from '@tanstack/react-query'
import { format } from 'date-fns'
import { Anchor } from 'lucide-react'
import { Link } from 'react-router'

async function fetchBoats() {
  const answer = await fetch('/api/berths/${number}/boats')
  return answer.json()
}

export function Berth${number}({ name }) {
  const [isMoored, setMoored] = useState(${number % 2 === 0})
  const { data: boats = [] } = useQuery({ queryKey: ['berth-${number}'], queryFn: fetchBoats })
  return (
    <Stack spacing={2}>
      <Typography variant="h4">
        {name}, berth ${number}, {format(new Date(), 'PPP')}
      </Typography>
      {boats.map((boat) => (
        <Card key={boat.id}>
          <CardContent>{boat.name}</CardContent>
        </Card>
      ))}
      <Box>
        <TextField label="Boat at berth ${number}" />
        <Button startIcon={<Anchor />} onClick={() => setMoored(!isMoored)}>
          {isMoored ? 'Cast off' : 'Moor'}
        </Button>
        <Link to="/berths/${number + 1}">The next berth</Link>
      </Box>
    </Stack>
  )
}
`
}
