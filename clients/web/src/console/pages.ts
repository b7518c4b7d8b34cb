import { Activity, House, type LucideIcon, MailX, Route, ScrollText, Waypoints } from 'lucide-react';
import type { ComponentType, LazyExoticComponent } from 'react';
import { lazyPage } from '../shared/lazy-page';

interface ConsolePage {
  /** Below /console. */
  readonly path: string;
  readonly label: string;
  /** What the page answers, in a few words. */
  readonly about: string;
  readonly icon: LucideIcon;
  readonly Component: LazyExoticComponent<ComponentType>;
}

/** The pages of the console, in the order of the navigation. A page whose path ends with `/*` has paths of its own. */
export const PAGES: readonly ConsolePage[] = [
  {
    path: '/',
    label: 'Overview',
    about: 'What each page shows, and which gateway answers',
    icon: House,
    Component: lazyPage(() => import('./overview/overview')),
  },
  {
    path: '/map',
    label: 'Map',
    about: 'What publishes to which topic, what reads it, and how far each reader lags',
    icon: Waypoints,
    Component: lazyPage(() => import('./map/map')),
  },
  {
    path: '/life',
    label: 'Life of an event',
    about: 'What one event caused, where it went, and where it stopped',
    icon: Route,
    Component: lazyPage(() => import('./life/life')),
  },
  {
    path: '/monitor',
    label: 'Monitor',
    about: 'The health of every node, what is behind, and the last hour',
    icon: Activity,
    Component: lazyPage(() => import('./monitor/monitor')),
  },
  {
    path: '/events',
    label: 'Events',
    about: 'The records of a topic, as they arrive or from a time on, with filters',
    icon: ScrollText,
    Component: lazyPage(() => import('./events/events')),
  },
  {
    path: '/dead-letters',
    label: 'Dead letters',
    about: 'What failed and why, whether it would go through now, and how to put it back',
    icon: MailX,
    Component: lazyPage(() => import('./dead-letters/dead-letters')),
  },
];
