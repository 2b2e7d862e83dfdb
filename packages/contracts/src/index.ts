export { readImage } from './image.ts';
