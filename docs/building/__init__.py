"""What the site needs beside its pages: page transforms, the gallery, generated reference pages."""
