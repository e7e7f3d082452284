import { type ComponentType, createContext, use } from 'react'
import type { AppTools } from './app-tools.ts'
import type { AppOf } from './model.ts'

export type App = AppOf<ComponentType>
export type Tools = AppTools<ComponentType>

export const ToolsContext = createContext<Tools | null>(null)

export function useTools(): Tools {
  const tools = use(ToolsContext)
  if (tools === null) throw new Error('This component stands outside of the app.')
  return tools
}
